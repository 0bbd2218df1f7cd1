"""Values inside JSON documents."""
