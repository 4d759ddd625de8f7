"""Measures the tap beside a bare loop, a plain SDK tap and two other frameworks."""
