"""Run the dbt package on engines that need an environment of their own: `make engines`."""
