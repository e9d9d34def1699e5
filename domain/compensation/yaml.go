package compensation

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// YAML returns the document as YAML for people: the keys that a reader looks for first stand first, each parameter and component by itself. Reading it
// gives an equal model, with the same CanonicalJSON and SHA256. Comments and the layout of the document that was adopted are not kept by a ledger.
func (m *Model) YAML() ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(m.document.yaml()); err != nil {
		return nil, fmt.Errorf("write model %s as YAML: %w", m.ID, err)
	}
	return b.Bytes(), nil
}

// yamlOrder is where keys stand in their mapping; the others follow, in the order of the document.
var yamlOrder = []string{"id", "title", "currency", "value", "source", "kind", "unit", "by", "parameters", "components", "values"}

// yaml returns t as a node. Text is quoted wherever YAML would read it as something else.
func (t *tree) yaml() *yaml.Node {
	switch t.kind {
	case treeMapping:
		n := &yaml.Node{Kind: yaml.MappingNode}
		place := func(key string) int {
			if i := slices.Index(yamlOrder, key); i >= 0 {
				return i
			}
			return len(yamlOrder)
		}
		pairs := slices.Clone(t.pairs)
		slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(place(a.key), place(b.key)) })
		for _, p := range pairs {
			key := &yaml.Node{}
			key.SetString(p.key)
			n.Content = append(n.Content, key, p.value.yaml())
		}
		return n
	case treeList:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range t.items {
			n.Content = append(n.Content, item.yaml())
		}
		return n
	case treeText:
		n := &yaml.Node{}
		n.SetString(t.text)
		return n
	}
	tags := map[treeKind]string{treeNull: "!!null", treeInteger: "!!int", treeFraction: "!!float", treeBoolean: "!!bool"}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tags[t.kind], Value: t.text}
}
