package words

import (
	"maps"
	"slices"
)

// Sections returns the names of the catalogue's sections in order.
func Sections() []string { return slices.Sorted(maps.Keys(catalogue())) }
