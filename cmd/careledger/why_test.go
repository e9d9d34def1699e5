package main

import (
	"bytes"
	"fmt"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
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
