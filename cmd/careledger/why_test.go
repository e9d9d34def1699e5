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
	lines, considered, corrections := 0, 0, 0
	for _, file := range files {
		text := ts.ReadFile(file)
		ts.Check(validated(ts.ReadFile(args[0]), text))
		var w struct {
			Total domain.Money
			Lines []struct {
				Known, Amount domain.Money
				Events        []struct {
					Event, Type string
					Used        bool
				}
				Corrections []struct{ Event string }
				Postings    []struct {
					Amount     domain.Money
					Entity     string                                       // "" for a unit's own
					NotApplied []struct{ Policy, Component, Reason string } `json:"not_applied"`
				}
			}
			Unpaid []struct {
				Entity string
				Events []struct{ Used bool }
			} `json:"cases_without_postings"`
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
			corrected := map[string]bool{}
			for _, c := range l.Corrections {
				corrected[c.Event] = true
			}
			for _, e := range l.Events {
				if ofUnit := len(l.Postings) > 0 && l.Postings[0].Entity == ""; !ofUnit && e.Used && (e.Type == string(domain.TypeEventCorrected) || e.Type == string(domain.TypeEventAnnulled)) && !corrected[e.Event] {
					ts.Fatalf("%s: line %d rests on the correction %s, and does not say what it changed", file, i+1, e.Event)
				}
			}
			for _, p := range l.Postings {
				considered += len(p.NotApplied)
			}
			corrections += len(l.Corrections)
		}
		for _, u := range w.Unpaid {
			if len(u.Events) == 0 {
				ts.Fatalf("%s: %s is not paid for, and none of its events is named", file, u.Entity)
			}
		}
		if total != w.Total {
			ts.Fatalf("%s: it says %s, and its lines sum to %s", file, w.Total, total)
		}
	}
	if lines < 20 || considered == 0 || corrections == 0 {
		ts.Fatalf("%d lines, %d components considered and %d corrections in %d files are too few to say anything", lines, considered, corrections, len(files))
	}
}
