"""Where the divisions of the country lie and what they are called, out of packages that were kept with the program."""
