"""Ways into pyrsql from web frameworks."""
