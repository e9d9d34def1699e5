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
				paths[tablePath(p, table)+string(as)] = map[string]any{"get": tableOperation(p, table, as)}
			}
		}
		if p.file != nil {
			for as, form := range fileForms {
				paths[p.path+"/"+fileName+string(as)] = map[string]any{"get": fileOperation(p, as, form.media)}
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

// ref refers to a component of the document.
func ref(kind, name string) map[string]any {
	return map[string]any{"$ref": "#/components/" + kind + "/" + name}
}

// mayRead are those who may read tables and files.
func mayRead() []any {
	return []any{map[string]any{"token": []any{}, "actor": []any{}}, map[string]any{"token": []any{}, "actor": []any{}, "purpose": []any{}}, map[string]any{"session": []any{}}}
}

// askedOf are the words of an address that a page takes.
func askedOf(p *page) (parameters []any) {
	for _, found := range pathParameter.FindAllStringSubmatch(p.path, -1) {
		parameters = append(parameters, map[string]any{"name": found[1], "in": "path", "required": true, "schema": map[string]any{"type": "string"}})
	}
	for _, name := range filterNames {
		parameters = append(parameters, ref("parameters", name))
	}
	for _, name := range p.asks {
		parameters = append(parameters, map[string]any{"name": name, "in": "query", "schema": map[string]any{"type": "string"}, "description": "As on the page."})
	}
	return parameters
}

// titleOf is what a page is called in the navigation; one that is not there goes by its name.
func titleOf(p *page) string {
	section, word, linked := strings.Cut(p.title, ".")
	if !linked {
		return p.name
	}
	return words.English.Word(section, word)
}

// tableOperation says how a table of a page is read.
func tableOperation(p *page, table string, as ending) map[string]any {
	parameters := askedOf(p)
	if as == asJSON {
		parameters = append(parameters, ref("parameters", "page"))
	}
	summary := titleOf(p)
	if table != "" {
		summary += ", " + table
	}
	return map[string]any{
		"operationId": operationID(tablePath(p, table) + string(as)),
		"summary":     summary + map[ending]string{asJSON: ", as JSON", asCSV: ", as CSV for programs", asSwedishCSV: ", as CSV for a spreadsheet in Sweden"}[as],
		"tags":        []any{"tables"},
		"parameters":  parameters,
		"security":    mayRead(),
		"responses":   map[string]any{"200": tableResponse(as, columnsOf(p.path)[table]), "default": ref("responses", "problem")},
	}
}

// tableResponse says what a table with these columns reads as.
func tableResponse(as ending, columns []column) map[string]any {
	if as != asJSON {
		var names []string
		for _, c := range columns {
			name := c.name
			if as == asSwedishCSV {
				name = c.title(words.Swedish)
			}
			if c.sometimes {
				name += " (where asked for)"
			}
			names = append(names, name)
		}
		how := map[ending]string{asCSV: "UTF-8, comma and decimal point", asSwedishCSV: "UTF-8 with a byte order mark, semicolon, decimal comma and CRLF"}[as]
		return map[string]any{"description": "All rows, " + how + ". Columns: " + strings.Join(names, ", "), "content": map[string]any{"text/csv": map[string]any{"schema": map[string]any{"type": "string"}}}}
	}
	row := map[string]any{"type": "object", "additionalProperties": false}
	properties, required := map[string]any{}, []any{}
	for _, c := range columns {
		properties[c.name] = columnSchema(c)
		if !c.sometimes {
			required = append(required, c.name)
		}
	}
	row["properties"], row["required"] = properties, required
	whole := map[string]any{"allOf": []any{ref("schemas", "table"), map[string]any{"properties": map[string]any{"rows": map[string]any{"items": row}}}}}
	return map[string]any{"description": "Rows, and where the next ones stand", "content": map[string]any{"application/json": map[string]any{"schema": whole}}}
}

// columnSchema says what stands in a column: its type, its unit, and its heading on the page.
func columnSchema(c column) map[string]any {
	decimal, name := `^-?\d+(\.\d+)?$`, c.title(words.English)
	if c.sometimes {
		name += "; there where the address asks for it"
	}
	schema := func(unit string, members map[string]any) map[string]any {
		if members["type"] == nil {
			members["type"] = []any{"string", "null"}
		}
		if members["description"] = name; unit != "" {
			members["description"] = name + ": " + unit
		}
		return members
	}
	switch c.kind {
	case amount:
		return schema("kronor (SEK) with two decimals", map[string]any{"pattern": `^-?\d+\.\d{2}$`})
	case count:
		return schema("a whole number", map[string]any{"type": []any{"integer", "null"}})
	case date:
		return schema("a day", map[string]any{"format": "date"})
	case month:
		return schema("a month", map[string]any{"pattern": `^\d{4}-\d{2}$`})
	case rate:
		return schema("a share of one with four decimals", map[string]any{"pattern": `^[01]\.\d{4}$`})
	case quantity:
		return schema("a decimal number", map[string]any{"pattern": decimal})
	case percent:
		return schema("a decimal number of hundredths", map[string]any{"pattern": decimal})
	}
	return schema("", map[string]any{"type": "string"})
}

// fileOperation says how the file of a page is read, which is what the command line writes.
func fileOperation(p *page, as ending, media string) map[string]any {
	media, _, _ = strings.Cut(media, ";")
	schema := map[string]any{} // of bytes
	switch as {
	case asJSON:
		schema = ref("schemas", fileName)
	case asCSV, asSwedishCSV, asSVG:
		schema = map[string]any{"type": "string"}
	}
	return map[string]any{
		"operationId": operationID(p.path + "/" + fileName + string(as)),
		"summary":     titleOf(p) + map[ending]string{asJSON: ", whole, as JSON", asCSV: ", whole, as CSV for programs", asSwedishCSV: ", whole, as CSV for a spreadsheet in Sweden", asXLSX: ", whole, as a workbook with live formulas", asSVG: ", the chart of a sweep or grid"}[as],
		"tags":        []any{"tables"},
		"parameters":  askedOf(p),
		"security":    mayRead(),
		"responses": map[string]any{
			"200":     map[string]any{"description": "The file that careledger " + fileName + " writes", "content": map[string]any{media: map[string]any{"schema": schema}}},
			"default": ref("responses", "problem"),
		},
	}
}
