package web

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
	"go.yaml.in/yaml/v3"

	"careledger/cmd/careledger/internal/words"
)

// Where the documents stand: about this API, and of the BI feed what AsyncAPI says and the JSON Schema of its messages.
const (
	openAPIPath  = apiPath + "openapi.json"
	asyncAPIPath = apiPath + "asyncapi.json"
	schemaPath   = apiPath + "bi-schema.json"
)

// openAPISource is the document but for the tables of pages, which are known by their pages, and the types of problems, which are known by their words.
//
//go:embed openapi.yaml
var openAPISource []byte

// openAPIDocument returns the OpenAPI 3.1 document about the commands, what an operator asks, and the tables of pages, as JSON.
func openAPIDocument(pages []*page) ([]byte, error) {
	var document map[string]any
	if err := yaml.Unmarshal(openAPISource, &document); err != nil { // it is part of the program
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	paths := document["paths"].(map[string]any)
	for _, p := range pages {
		for _, table := range append([]string{""}, p.tables...) {
			for _, as := range []ending{asJSON, asCSV, asSwedishCSV} {
				if tablePath(p, table) == "" {
					continue // of the page at /, to which no ending can be put
				}
				paths[tablePath(p, table)+string(as)] = map[string]any{"get": tableOperation(p, table, as)}
			}
		}
	}
	types := []any{}
	for _, word := range words.Codes("problem") {
		types = append(types, problemType(word))
	}
	document["components"].(map[string]any)["schemas"].(map[string]any)["problemType"].(map[string]any)["enum"] = types
	return json.Marshal(document, json.Deterministic(true))
}

// tablePath is the address of a table of a page, "" for its first one, without an ending.
func tablePath(p *page, table string) string {
	return strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(p.path, "{$}"), "/")+"/"+table, "/")
}

var pathParameter = regexp.MustCompile(`\{([^}]+)\}`)

// operationID names the reading of an address for programs that are made from the document: readFulfilmentTotalCsv.
func operationID(address string) string {
	id := "read"
	for _, word := range strings.FieldsFunc(address, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		id += strings.ToUpper(word[:1]) + word[1:]
	}
	return id
}

// tableOperation says how a table of a page is read.
func tableOperation(p *page, table string, as ending) map[string]any {
	ref := func(kind, name string) map[string]any {
		return map[string]any{"$ref": "#/components/" + kind + "/" + name}
	}
	var parameters []any
	for _, found := range pathParameter.FindAllStringSubmatch(p.path, -1) {
		parameters = append(parameters, map[string]any{"name": found[1], "in": "path", "required": true, "schema": map[string]any{"type": "string"}})
	}
	for _, name := range filterNames {
		parameters = append(parameters, ref("parameters", name))
	}
	for _, name := range p.asks {
		parameters = append(parameters, map[string]any{"name": name, "in": "query", "schema": map[string]any{"type": "string"}, "description": "As on the page."})
	}
	if as == asJSON {
		parameters = append(parameters, ref("parameters", "page"))
	}
	title := words.English.Word("web", strings.TrimPrefix(p.title, "web."))
	summary := strings.Join(strings.Fields(title+" "+table), ", ")
	if p.title == "" {
		summary = strings.TrimPrefix(strings.Join(strings.Fields(p.name+" "+table), ", "), "/")
	}
	return map[string]any{
		"operationId": operationID(tablePath(p, table) + string(as)),
		"summary":     summary + map[ending]string{asJSON: ", as JSON", asCSV: ", as CSV for programs", asSwedishCSV: ", as CSV for a spreadsheet in Sweden"}[as],
		"tags":        []any{"tables"},
		"parameters":  parameters,
		"security":    []any{map[string]any{"token": []any{}, "actor": []any{}}, map[string]any{"token": []any{}, "actor": []any{}, "purpose": []any{}}, map[string]any{"session": []any{}}},
		"responses": map[string]any{
			"200":     ref("responses", map[ending]string{asJSON: "table", asCSV: "csv", asSwedishCSV: "swedishCsv"}[as]),
			"default": ref("responses", "problem"),
		},
	}
}
