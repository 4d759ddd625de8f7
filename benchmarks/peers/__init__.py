"""What the tap is compared with; each framework runs in an environment of its own."""
