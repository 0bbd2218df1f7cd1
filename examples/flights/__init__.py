"""The flights that left New York in January 2013, as a service with filters, sorts and pages."""
