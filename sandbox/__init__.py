"""A stand-in for the TechWolf API: invented data, documented forms, loopback only."""
