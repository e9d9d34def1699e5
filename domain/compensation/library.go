package compensation

import (
	"embed"
	"slices"
	"strings"
)

//go:embed library/*.yaml
var library embed.FS

// Library returns the ids of the built-in models, sorted.
func Library() []string {
	entries, err := library.ReadDir("library")
	if err != nil { // it is part of the program
		panic("compensation: the built-in models: " + err.Error())
	}
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = strings.TrimSuffix(e.Name(), ".yaml")
	}
	slices.Sort(ids) // the names of the files sort otherwise
	return ids
}

// LibraryModel returns the document of a built-in model, false if there is none of that id.
func LibraryModel(id string) ([]byte, bool) {
	doc, err := library.ReadFile("library/" + id + ".yaml")
	return doc, err == nil
}
