package feed

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	"careledger/domain"
)

// messageSource is the file of the message types: what its comments say of a field is the field's description.
//
//go:embed message.go
var messageSource []byte

// Schema is the JSON Schema (2020-12) of a kind's messages, made from their Go type: a JSON document. Its $id is the dataschema of the messages
// and :message; the schema of the data inside it has the dataschema itself. Other properties than those there are may be added later
// and are to be passed over.
func Schema(k Kind) ([]byte, error) {
	s, err := schema(k)
	if err != nil {
		return nil, err
	}
	return written(s)
}

// Schemas is one JSON Schema for all messages: in its $defs stand the schemas of the kinds, and a message is one of them.
func Schemas() ([]byte, error) {
	all := &jsonschema.Schema{ID: "urn:careledger:bi:v1", Title: "careledger: the messages of the BI feed", Definitions: jsonschema.Definitions{}}
	for _, k := range Kinds() {
		s, err := schema(k)
		if err != nil {
			return nil, err
		}
		all.Definitions[string(k)] = s
		all.OneOf = append(all.OneOf, &jsonschema.Schema{Ref: "#/$defs/" + string(k)})
	}
	return written(all)
}

func written(s *jsonschema.Schema) ([]byte, error) {
	s.Version = jsonschema.Version
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the schema %s: %w", s.ID, err)
	}
	return append(b, '\n'), nil
}

// schema makes the schema of a kind's messages, without saying which version of JSON Schema it is.
func schema(k Kind) (*jsonschema.Schema, error) {
	sample, err := k.message()
	if err != nil {
		return nil, err
	}
	comments, err := fieldComments()
	if err != nil {
		return nil, err
	}
	r := jsonschema.Reflector{
		Anonymous:                 true,
		DoNotReference:            true,
		ExpandedStruct:            true,
		AllowAdditionalProperties: true,
		Mapper:                    mapType,
		LookupComment: func(t reflect.Type, field string) string {
			name, _, _ := strings.Cut(t.Name(), "[") // Message[…]
			return comments[name+"."+field]
		},
	}
	s := r.Reflect(sample)
	s.ID = jsonschema.ID(k.DataSchema() + ":message")
	s.Title = "careledger: " + string(k)
	fixed := map[string]string{"specversion": "1.0", "type": k.Type(), "datacontenttype": "application/json", "dataschema": k.DataSchema()}
	for name, value := range fixed {
		p, ok := s.Properties.Get(name)
		if !ok {
			return nil, fmt.Errorf("the message of %s has no %s", k, name)
		}
		p.Const = value
	}
	data, ok := s.Properties.Get("data")
	if !ok {
		return nil, fmt.Errorf("the message of %s has no data", k)
	}
	data.ID = jsonschema.ID(k.DataSchema())
	row, _ := reflect.TypeOf(sample).FieldByName("Data")
	s.Description = comments[row.Type.Name()+"."]
	for p := data.Properties.Oldest(); p != nil; p = p.Next() {
		narrow(p.Key, p.Value)
	}
	return s, nil
}

// message is an empty message of the kind, whose type says what messages hold.
func (k Kind) message() (any, error) {
	switch k {
	case Posting:
		return Message[PostingRow]{}, nil
	case Premium:
		return Message[PremiumRow]{}, nil
	case Payout:
		return Message[PayoutRow]{}, nil
	case Fulfilment:
		return Message[FulfilmentRow]{}, nil
	case Decision:
		return Message[DecisionRow]{}, nil
	case Position:
		return Message[PositionMark]{}, nil
	}
	return nil, fmt.Errorf("%q is not a kind of message; they are %v", k, Kinds())
}

// mapType says what the text forms of the domain's types look like.
func mapType(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[domain.Money]():
		return &jsonschema.Schema{Type: "string", Pattern: `^-?[0-9]+\.[0-9]{2}$`}
	case reflect.TypeFor[domain.Month]():
		return &jsonschema.Schema{Type: "string", Pattern: `^[0-9]{4}-(0[1-9]|1[0-2])$`}
	case reflect.TypeFor[domain.Date]():
		return &jsonschema.Schema{Type: "string", Format: "date"}
	}
	return nil
}

// narrow says of a field what its Go type does not.
func narrow(name string, s *jsonschema.Schema) {
	codes := map[string]domain.Codes{
		"life_area": append(domain.Codes{""}, domain.LifeAreas...),
		"occasion":  append(domain.Codes{""}, domain.Occasions...),
		"method":    domain.Methods,
		"currency":  {"SEK"},
	}
	for _, code := range codes[name] {
		s.Enum = append(s.Enum, code)
	}
	switch {
	case name == "authority":
		s.Pattern = `^([0-9]{2}|[0-9]{4})$`
	case name == "quantity":
		s.Pattern = `^-?[0-9]+(\.[0-9]+)?$`
	case s.Type == "integer":
		s.Minimum = "0"
	}
}

// fieldComments are the comments of the message types, by Type.Field, and by Type. for the type itself, with the fields called as in JSON.
func fieldComments() (map[string]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "message.go", messageSource, parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("reading the comments of the message types: %w", err)
	}
	comments, called := map[string]string{}, []string{}
	ast.Inspect(file, func(n ast.Node) bool {
		d, ok := n.(*ast.GenDecl)
		if !ok || d.Tok != token.TYPE {
			return true
		}
		for _, spec := range d.Specs {
			t := spec.(*ast.TypeSpec)
			comments[t.Name.Name+"."] = description(t.Name.Name, d.Doc)
			s, ok := t.Type.(*ast.StructType)
			if !ok {
				continue
			}
			for _, f := range s.Fields.List {
				for _, name := range f.Names {
					comments[t.Name.Name+"."+name.Name] = description(name.Name, f.Doc, f.Comment)
					tag, _, _ := strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json"), ",")
					if strings.Contains(tag, "_") { // a name that is not a word by itself
						called = append(called, name.Name, tag)
					}
				}
			}
		}
		return false
	})
	inWords := strings.NewReplacer(called...)
	for name, text := range comments {
		comments[name] = inWords.Replace(text)
	}
	return comments, nil
}

// description is a comment as somebody reads it who does not know the Go name: "Key names what …" as "Names what …", "Amount is in kronor" as "In kronor".
func description(name string, groups ...*ast.CommentGroup) string {
	var all []string
	for _, g := range groups {
		if g != nil {
			all = append(all, strings.Fields(g.Text())...)
		}
	}
	text := strings.TrimPrefix(strings.TrimPrefix(strings.Join(all, " "), name+" "), "is ")
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
