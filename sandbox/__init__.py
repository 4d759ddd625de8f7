"""A stand-in for the TechWolf API: invented data in the documented form, on loopback only."""
