// The first of the two libraries that programs open: it is there, and brings nothing. All is in the second.
