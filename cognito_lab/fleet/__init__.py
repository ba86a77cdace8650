"""The course on many versions and Regions, on as many machines as there are: `make matrix`."""
