package web

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/replay"
)

// The sections of the catalogue that are this package's own, each key of which is used; of the others it uses some.
var ownSections = []string{"wrong", "web", "overview", "policies", "access", "what_if", "problem", "column"}

var aKey = regexp.MustCompile(`^(` + strings.Join(ownSections, "|") + `)\.[a-z0-9_]*[a-z0-9]$`)

// usedKeys returns every key that stands in a template or in the program, and the words that keys are made from there: of columns and problems.
func usedKeys(t *testing.T) map[string]bool {
	used := map[string]bool{}
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			if l, is := n.(*ast.BasicLit); is && l.Kind == gotoken.STRING {
				s, err := strconv.Unquote(l.Value)
				require.NoError(t, err)
				used[s] = true
				used["column."+s], used["problem."+s] = true, true
				if slices.Contains(whatIfPage().tables, s) {
					used["what_if."+s] = true // its caption
				}
			}
			return true
		})
	}
	for _, key := range regexp.MustCompile(`\.Say "([^"]+)"`).FindAllStringSubmatch(allTemplates(t), -1) {
		used[key[1]] = true
	}
	// The names of the numbers of a row of fulfilment, which the projection gives.
	for _, c := range groupColumns() {
		used["column."+c.name] = true
	}
	return used
}

func allTemplates(t *testing.T) string {
	names, err := templates.ReadDir("templates")
	require.NoError(t, err)
	var b strings.Builder
	for _, n := range names {
		if filepath.Ext(n.Name()) == ".html" {
			raw, err := templates.ReadFile("templates/" + n.Name())
			require.NoError(t, err)
			b.Write(raw)
		}
	}
	return b.String()
}

func TestEveryWordIsInBothLanguagesAndIsUsed(t *testing.T) {
	used := usedKeys(t)
	for key := range used {
		if section, word, _ := strings.Cut(key, "."); aKey.MatchString(key) && (section != "problem" && section != "column" || slices.Contains(words.Codes(section), word)) {
			for _, l := range words.Languages {
				assert.True(t, words.Language(l).Has(section, word), "%s in %s", key, l)
			}
		}
	}
	for _, section := range ownSections {
		for _, word := range words.Codes(section) {
			first, _, _ := strings.Cut(word, "_") // of keys that are made from a code: web.step_ and approve
			assert.True(t, used[section+"."+word] || used[section+"."+first+"_"], "%s.%s is not used", section, word)
		}
	}
	for section, codes := range map[string]domain.Codes{"life_area": domain.LifeAreas, "occasion": domain.Occasions, "category": domain.Categories, "class": classCodes()} {
		for _, code := range codes {
			assert.True(t, words.Swedish.Has(section, code) && words.English.Has(section, code), "%s %s", section, code)
		}
	}
}

func classCodes() (codes domain.Codes) {
	for _, c := range replay.Classes {
		codes = append(codes, string(c))
	}
	return codes
}

// A table whose column has no word shows its name to people; each column and each problem is tried.
func TestEveryColumnAndProblemHasItsWords(t *testing.T) {
	for _, p := range []*problem{errNoPage, errHost, errOrigin, errForged, errSignedOut, errNoPurpose, errBroken} {
		assert.True(t, words.English.Has("problem", p.word), p.word)
	}
	for _, p := range pages() {
		for name, columns := range columnsOf(p.path) {
			for _, c := range columns {
				assert.True(t, words.English.Has("column", c.name), "%s %s: %s", p.path, name, c.name)
			}
		}
	}
}

func TestNoTextStandsInATemplateItself(t *testing.T) {
	tag, attribute := regexp.MustCompile(`(?s)<[^>]*>`), regexp.MustCompile(`\s(?:title|alt|aria-label|placeholder|value|content)="[^"]*\p{L}[^"]*"`)
	names, err := templates.ReadDir("templates")
	require.NoError(t, err)
	for _, n := range names {
		if filepath.Ext(n.Name()) != ".html" {
			continue
		}
		raw, err := templates.ReadFile("templates/" + n.Name())
		require.NoError(t, err)
		set, err := parse.Parse(n.Name(), string(raw), "", "", map[string]any{"eq": func() {}, "index": func() {}})
		require.NoError(t, err)
		for _, tree := range set {
			if tree.Root == nil {
				continue
			}
			text := literal(tree.Root)
			for _, found := range attribute.FindAllString(text, -1) {
				assert.Regexp(t, `content="width=device-width`, found, n.Name())
			}
			assert.NotRegexp(t, `\p{L}`, tag.ReplaceAllString(text, " "), n.Name())
		}
	}
}

// literal returns what a template writes itself, with a digit where an action writes.
func literal(n parse.Node) string {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return ""
		}
		all := ""
		for _, each := range n.Nodes {
			all += literal(each)
		}
		return all
	case *parse.TextNode:
		return string(n.Text)
	case *parse.IfNode:
		return literal(n.List) + literal(n.ElseList)
	case *parse.RangeNode:
		return literal(n.List) + literal(n.ElseList)
	case *parse.WithNode:
		return literal(n.List) + literal(n.ElseList)
	case *parse.ActionNode, *parse.TemplateNode:
		return "0"
	}
	return ""
}
