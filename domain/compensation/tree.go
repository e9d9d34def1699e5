package compensation

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"
)

// maxDocumentBytes bounds a model document. A table of every unit of a large authority stays far below it.
const maxDocumentBytes = 1 << 20

// treeKind is what a node of a document is. YAML and JSON documents of the same model have equal trees.
type treeKind uint8

const (
	treeNull treeKind = iota
	treeText
	treeInteger // a whole number as YAML or JSON sees it, unquoted
	treeFraction
	treeBoolean
	treeMapping
	treeList
)

// tree is the structure of a document, with the lines for messages. It does not change once read; trees share branches.
type tree struct {
	kind  treeKind
	line  int
	text  string // of a scalar, as written
	pairs []pair // of a mapping, in document order; reading keeps duplicates, for the message
	items []*tree
}

type pair struct {
	key   string
	line  int
	value *tree
}

// get returns the value of key, nil if there is none.
func (t *tree) get(key string) *tree {
	for _, p := range t.pairs {
		if p.key == key {
			return p.value
		}
	}
	return nil
}

// with returns a copy of the mapping t in which key, which must be there, has value.
func (t *tree) with(key string, value *tree) *tree {
	c := *t
	c.pairs = append([]pair(nil), t.pairs...)
	for i := range c.pairs {
		if c.pairs[i].key == key {
			c.pairs[i].value = value
		}
	}
	return &c
}

// readTree reads a document. JSON has a reader of its own: it is nearly YAML, but pairs of surrogate escapes and tabs are not.
func readTree(doc []byte) (*tree, error) {
	if len(doc) > maxDocumentBytes {
		return nil, fmt.Errorf("the document is %d bytes long; at most %d are allowed", len(doc), maxDocumentBytes)
	}
	if trimmed := bytes.TrimLeft(doc, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '{' {
		if t, err := readJSON(doc); err == nil {
			return t, nil // what is not JSON may still be YAML in braces
		}
	}
	return readYAML(doc)
}

func readJSON(doc []byte) (*tree, error) {
	// Duplicate names are let through here and reported with the other problems of the model, with their place.
	r := jsonReader{doc: doc, line: 1, d: jsontext.NewDecoder(bytes.NewReader(doc), jsontext.AllowDuplicateNames(true))}
	t, err := r.value()
	if err != nil {
		return nil, err
	}
	if _, err := r.d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the document")
	}
	return t, nil
}

// jsonReader turns JSON tokens into a tree and counts lines up to the last one read.
type jsonReader struct {
	d       *jsontext.Decoder
	doc     []byte
	counted int // bytes of doc whose line ends are in line
	line    int
}

func (r *jsonReader) next() (jsontext.Token, error) {
	token, err := r.d.ReadToken()
	if err != nil {
		return token, err
	}
	end := int(r.d.InputOffset()) // after the token; a JSON token never spans lines
	r.line += bytes.Count(r.doc[r.counted:end], []byte("\n"))
	r.counted = end
	return token, nil
}

func (r *jsonReader) value() (*tree, error) {
	token, err := r.next()
	if err != nil {
		return nil, err
	}
	t := &tree{line: r.line}
	switch token.Kind() {
	case jsontext.KindNull:
		t.kind = treeNull
	case jsontext.KindTrue, jsontext.KindFalse:
		t.kind, t.text = treeBoolean, token.String()
	case jsontext.KindString:
		t.kind, t.text = treeText, token.String()
	case jsontext.KindNumber:
		t.kind, t.text = treeInteger, token.String()
		if strings.ContainsAny(t.text, ".eE") {
			t.kind = treeFraction
		}
	case jsontext.KindBeginArray:
		t.kind = treeList
		for r.d.PeekKind() != jsontext.KindEndArray {
			item, err := r.value()
			if err != nil {
				return nil, err
			}
			t.items = append(t.items, item)
		}
		_, err = r.next()
	case jsontext.KindBeginObject:
		t.kind = treeMapping
		for r.d.PeekKind() != jsontext.KindEndObject {
			key, err := r.next()
			if err != nil {
				return nil, err
			}
			p := pair{key: key.String(), line: r.line}
			if p.value, err = r.value(); err != nil {
				return nil, err
			}
			t.pairs = append(t.pairs, p)
		}
		_, err = r.next()
	}
	return t, err
}

func readYAML(doc []byte) (*tree, error) {
	var root, second yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(doc))
	switch err := d.Decode(&root); {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the document is empty")
	case err != nil:
		return nil, fmt.Errorf("is neither YAML nor JSON: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := d.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, errors.New("the file has more than one document; a file holds one model")
	}
	return fromYAML(root.Content[0])
}

// fromYAML converts a YAML node. What JSON has no counterpart for is refused: anchors, aliases, merges and own tags would
// make the document's structure differ from what a reader of it sees.
func fromYAML(n *yaml.Node) (*tree, error) {
	t := &tree{line: n.Line, text: n.Value}
	refuse := func(format string, args ...any) (*tree, error) {
		return nil, &lineError{n.Line, fmt.Sprintf(format, args...)}
	}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return refuse("YAML anchors and aliases are not allowed in a model; write the value out")
	}
	switch tag := n.ShortTag(); tag {
	case "!!null":
		t.kind = treeNull
	case "!!str", "!!timestamp":
		t.kind = treeText
	case "!!int":
		t.kind = treeInteger
	case "!!float":
		t.kind = treeFraction
	case "!!bool":
		t.kind, t.text = treeBoolean, strings.ToLower(n.Value)
	case "!!seq":
		t.kind = treeList
	case "!!map":
		t.kind = treeMapping
	default:
		return refuse("the YAML tag %s is not allowed in a model", tag)
	}
	if scalar := t.kind < treeMapping; scalar != (n.Kind == yaml.ScalarNode) || !scalar && (t.kind == treeList) != (n.Kind == yaml.SequenceNode) {
		return refuse("the YAML tag %s does not fit its value", n.ShortTag())
	}
	return t, t.fill(n)
}

// fill reads what a list or mapping holds.
func (t *tree) fill(n *yaml.Node) error {
	switch t.kind {
	case treeList:
		for _, c := range n.Content {
			item, err := fromYAML(c)
			if err != nil {
				return err
			}
			t.items = append(t.items, item)
		}
	case treeMapping:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, err := fromYAML(n.Content[i])
			if err == nil && key.kind >= treeMapping {
				err = &lineError{key.line, "a key must be a word, not a list or a mapping"}
			}
			if err != nil {
				return err
			}
			value, err := fromYAML(n.Content[i+1])
			if err != nil {
				return err
			}
			t.pairs = append(t.pairs, pair{n.Content[i].Value, key.line, value})
		}
	}
	return nil
}

// lineError is a document that cannot be read, at a line.
type lineError struct {
	line   int
	reason string
}

func (e *lineError) Error() string { return e.reason }

// appendJSON appends t as JSON in document order; jsontext brings it into canonical form. t must be the tree of a model
// without problems: no duplicate keys, and integers in plain notation.
func (t *tree) appendJSON(b []byte) []byte {
	switch t.kind {
	case treeMapping:
		b = append(b, '{')
		for i, p := range t.pairs {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendJSONString(b, p.key), ':')
			b = p.value.appendJSON(b)
		}
		return append(b, '}')
	case treeList:
		b = append(b, '[')
		for i, item := range t.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.appendJSON(b)
		}
		return append(b, ']')
	case treeInteger, treeBoolean:
		return append(b, t.text...)
	default:
		return appendJSONString(b, t.text)
	}
}

func appendJSONString(b []byte, s string) []byte {
	b, err := jsontext.AppendQuote(b, s)
	if err != nil { // only for what is not UTF-8, and neither reader lets that in
		panic("compensation: text that is not UTF-8: " + strconv.Quote(s))
	}
	return b
}

// canonical returns t in RFC 8785 form.
func (t *tree) canonical() []byte {
	v := jsontext.Value(t.appendJSON(nil))
	if err := v.Canonicalize(); err != nil {
		panic(fmt.Sprintf("compensation: a model's own JSON: %v", err)) // appendJSON writes valid JSON: an invariant
	}
	return v
}
