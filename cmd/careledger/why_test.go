package main

import (
	"bytes"
	"fmt"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"careledger/domain"
)

// validates checks that a JSON file is as a JSON Schema in another file says.
func validates(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: validates SCHEMA FILE")
	}
	err := validated(ts.ReadFile(args[0]), ts.ReadFile(args[1]))
	switch {
	case neg && err == nil:
		ts.Fatalf("%s is as %s says", args[1], args[0])
	case !neg:
		ts.Check(err)
	}
}

func validated(schema, document string) error {
	rules, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(schema)))
	if err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", rules); err != nil {
		return err
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(document)))
	if err != nil {
		return fmt.Errorf("read the document: %w", err)
	}
	return compiled.Validate(value)
}

// derives checks that each JSON file of a directory is a derivation as a JSON Schema says, that the postings of each of its lines sum to what is
// known of it, and that its lines sum to its total.
func derives(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: derives SCHEMA DIR")
	}
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[1]), "*.json"))
	ts.Check(err)
	lines := 0
	for _, file := range files {
		text := ts.ReadFile(file)
		ts.Check(validated(ts.ReadFile(args[0]), text))
		var w struct {
			Total domain.Money
			Lines []struct {
				Known, Amount domain.Money
				Postings      []struct{ Amount domain.Money }
			}
		}
		ts.Check(json.Unmarshal([]byte(text), &w, json.MatchCaseInsensitiveNames(true)))
		total := domain.Money(0)
		for i, l := range w.Lines {
			known := domain.Money(0)
			for _, p := range l.Postings {
				known += p.Amount
			}
			if known != l.Known {
				ts.Fatalf("%s: line %d says %s, and its postings sum to %s", file, i+1, l.Known, known)
			}
			total += l.Amount
			lines++
		}
		if total != w.Total {
			ts.Fatalf("%s: it says %s, and its lines sum to %s", file, w.Total, total)
		}
	}
	if lines < 20 {
		ts.Fatalf("%d lines in %d files are too few to say anything", lines, len(files))
	}
}
