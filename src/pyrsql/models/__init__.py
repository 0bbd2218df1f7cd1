"""What a class offers its clients."""
