package web

import (
	"bytes"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/words"
)

// openAPISchema is the published schema of OpenAPI 3.1 documents, https://spec.openapis.org/oas/3.1/schema/2022-10-07 (OpenAPI Initiative, Apache-2.0), as it
// is handed on in github.com/pb33f/libopenapi v0.42.3.
const openAPISchema = "testdata/openapi-3.1-schema-2022-10-07.json"

// openAPI is the document as it is served, with a compiler of the schemas in it.
type openAPI struct {
	text     []byte
	root     any
	paths    map[string]map[string]any // by path and method
	compiler *jsonschema.Compiler
}

const openAPIHere = "https://careledger.test" + openAPIPath

var servedOpenAPI = sync.OnceValues(func() (*openAPI, error) {
	text, err := openAPIDocument(pages())
	if err != nil {
		return nil, err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	d := &openAPI{text: text, root: document, paths: map[string]map[string]any{}, compiler: jsonschema.NewCompiler()}
	for path, methods := range document.(map[string]any)["paths"].(map[string]any) {
		d.paths[path] = methods.(map[string]any)
	}
	d.compiler.AssertFormat()
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	return d, d.compiler.AddResource(openAPIHere, document)
})

func theDocument(t *testing.T) *openAPI {
	d, err := servedOpenAPI()
	require.NoError(t, err)
	return d
}

// escaped is a name as a JSON pointer has it, in the fragment of an address.
func escaped(name string) string {
	return url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
}

// member follows names from a place in the document, and what stands there where that is a reference.
func (d *openAPI) member(t *testing.T, place string, names ...string) (value any, at string) {
	for _, name := range append([]string{""}, names...) {
		if name != "" {
			place += "/" + escaped(name)
		}
		value = d.root
		for token := range strings.SplitSeq(strings.TrimPrefix(place, "#/"), "/") {
			token, err := url.PathUnescape(token)
			require.NoError(t, err)
			members, is := value.(map[string]any)
			require.True(t, is, place)
			if value = members[strings.NewReplacer("~1", "/", "~0", "~").Replace(token)]; value == nil {
				return nil, place
			}
		}
		if to, is := value.(map[string]any)["$ref"].(string); is {
			value, place = d.member(t, to)
		}
	}
	return value, place
}

// requireValid checks a value against the schema that stands somewhere in the document.
func (d *openAPI) requireValid(t *testing.T, place string, value any) {
	schema, err := d.compiler.Compile(openAPIHere + place)
	require.NoError(t, err, place)
	require.NoError(t, schema.Validate(value), place)
}

// requireDocumented checks that an answer is one that the document says its address gives.
func requireDocumented(t *testing.T, method, path string, answer *httptest.ResponseRecorder) {
	d := theDocument(t)
	path, _, _ = strings.Cut(path, "?")
	template := path
	if d.paths[path] == nil { // one with names in it
		template = ""
		for known := range d.paths {
			if pattern := "^" + pathParameter.ReplaceAllString(strings.ReplaceAll(known, ".", `\.`), "[^/]+") + "$"; regexp.MustCompile(pattern).MatchString(path) {
				template = known
			}
		}
	}
	require.NotEmpty(t, template, "%s is not in the document", path)
	status := strconv.Itoa(answer.Code)
	response, place := d.member(t, "#/paths", template, strings.ToLower(method), "responses", status)
	if response == nil {
		response, place = d.member(t, "#/paths", template, strings.ToLower(method), "responses", "default")
	}
	require.NotNil(t, response, "%s %s answers %s", method, path, status)
	media, _, err := mime.ParseMediaType(answer.Header().Get("Content-Type"))
	require.NoError(t, err)
	content, place := d.member(t, place, "content", media)
	require.NotNil(t, content, "%s %s answers %s as %s", method, path, status, media)
	if strings.HasSuffix(media, "json") {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer.Body.Bytes()))
		require.NoError(t, err)
		d.requireValid(t, place+"/schema", value)
	}
}

func TestTheDocumentIsOneOfOpenAPI31(t *testing.T) {
	raw, err := os.ReadFile(openAPISchema)
	require.NoError(t, err)
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("https://spec.openapis.org/oas/3.1/schema/2022-10-07", schema))
	published, err := c.Compile("https://spec.openapis.org/oas/3.1/schema/2022-10-07")
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(theDocument(t).text))
	require.NoError(t, err)
	require.NoError(t, published.Validate(document))
	delete(document.(map[string]any), "info")
	require.Error(t, published.Validate(document))
	answer := served(t).get(openAPIPath)
	require.Equal(t, http.StatusOK, answer.Code)
	require.Equal(t, theDocument(t).text, answer.Body.Bytes())
}

func TestEveryRouteForProgramsIsInTheDocumentAndTheOtherWayRound(t *testing.T) {
	d, server := theDocument(t), served(t).server
	served := map[string]bool{}
	for _, route := range server.routes {
		method, path, _ := strings.Cut(route, " ")
		switch {
		case strings.HasPrefix(path, apiPath), path == "/metrics", path == "/healthz", path == "/readyz":
			if method == http.MethodGet && strings.HasPrefix(path, apiPath) {
				path += string(asJSON)
			}
			served[method+" "+path] = true
		}
	}
	for _, p := range server.pages {
		for _, table := range append([]string{""}, p.tables...) {
			for _, as := range []ending{asJSON, asCSV, asSwedishCSV} {
				served["GET "+tablePath(p, table)+string(as)] = true
			}
		}
		if p.file != nil {
			for as := range fileForms {
				served["GET "+p.path+"/"+fileName+string(as)] = true
			}
		}
	}
	documented, ids := map[string]bool{}, map[string]bool{}
	for path, methods := range d.paths {
		for method, operation := range methods {
			id, _ := operation.(map[string]any)["operationId"].(string)
			require.Regexp(t, "^[a-z][A-Za-z0-9]+$", id, path)
			require.False(t, ids[id], "%s is the name of two operations", id)
			ids[id] = true
			documented[strings.ToUpper(method)+" "+path] = true
			plain, _ := cutEnding(pathParameter.ReplaceAllString(path, "x"))
			_, pattern := server.mux.Handler(httptest.NewRequest(strings.ToUpper(method), plain, nil))
			require.NotContains(t, []string{"", "/"}, pattern, "%s %s is not served", method, path)
		}
	}
	require.Equal(t, slices.Sorted(maps.Keys(served)), slices.Sorted(maps.Keys(documented)))
	require.Greater(t, len(documented), 12)
}

func TestEveryExampleIsAsItsSchemaSays(t *testing.T) {
	d, examples := theDocument(t), 0
	var walk func(place string, value any)
	walk = func(place string, value any) {
		switch value := value.(type) {
		case map[string]any:
			if example, has := value["example"]; has && value["schema"] != nil {
				d.requireValid(t, place+"/schema", example)
				examples++
			}
			for name, v := range value {
				walk(place+"/"+escaped(name), v)
			}
		case []any:
			for i, v := range value {
				walk(place+"/"+strconv.Itoa(i), v)
			}
		}
	}
	walk("#", d.root)
	require.Greater(t, examples, 10)
}

// What a command takes is the fields of its Go type, and what it does not take is refused.
func TestABodyTakesWhatTheDocumentSays(t *testing.T) {
	d := theDocument(t)
	for action, body := range map[string]any{"calculate": calculateBody{}, "approve": approveBody{}, "reject": rejectBody{}, "pay": payBody{}, "cancel": cancelBody{}} {
		schema, _ := d.member(t, "#/paths", apiPath+"payouts/"+action, "post", "requestBody", "content", "application/json", "schema")
		fields, required := []string{}, []any{}
		for f := range reflect.TypeOf(body).Fields() {
			name, _, optional := strings.Cut(f.Tag.Get("json"), ",")
			if fields = append(fields, name); !optional {
				required = append(required, name)
			}
		}
		require.ElementsMatch(t, fields, slices.Collect(maps.Keys(schema.(map[string]any)["properties"].(map[string]any))), action)
		require.ElementsMatch(t, required, schema.(map[string]any)["required"], action)
	}
}

func TestTheTypesOfProblemsAreNamed(t *testing.T) {
	types, _ := theDocument(t).member(t, "#/components/schemas/problemType")
	require.Len(t, types.(map[string]any)["enum"], len(words.Codes("problem")))
}

func TestATableIsAsTheDocumentSays(t *testing.T) {
	p := program(t)
	for _, page := range p.server.pages {
		if strings.Contains(page.path, "{") || page.path == "/" {
			continue // what stands in it is that page's own to test
		}
		for _, as := range []ending{asJSON, asCSV, asSwedishCSV} {
			address := page.path + string(as)
			requireDocumented(t, http.MethodGet, address, p.get(address))
			requireDocumented(t, http.MethodGet, address, p.get(address+"?time=never"))
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics", openAPIPath, asyncAPIPath, schemaPath} {
		requireDocumented(t, http.MethodGet, path, p.get(path))
	}
}

// Each table, asked for in each way that changes its columns, has those that the document says, in their order, and in their types.
func TestEveryTableHasTheColumnsThatTheDocumentSays(t *testing.T) {
	paying, boards := programAt(t, payer(t)), programAt(t, twoAuthorities(t))
	paying.headers["Careledger-Purpose"] = "complaint 2026-114"
	set, sweep := "?set="+premium+"%3D350", "?sweep="+premium+"%3D200..400%3A50"
	document := boards.records("/policies.csv?authority=1281")[0]
	asked := map[string][]string{
		"/overview":                             {"", "?by=unit&step=month", "?by=provider&step=year"},
		"/fulfilment":                           {"", "?by=occasion,month,unit", "?by=life_area&by=year"},
		"/payouts":                              {""},
		"/payouts/{payout}":                     {""},
		"/payouts/{payout}/why":                 {""},
		"/payouts/{payout}/why/{line}":          {""},
		"/what-if":                              {set, sweep},
		"/trail":                                {"?kind=case&id=l003", "?kind=payout&id=2016-01-lund-hemvard"},
		"/event":                                {"?id=l003.17"},
		"/policies":                             {""},
		policyPath("{policy}"):                  {""},
		policyPath("{policy}") + "/differences": {"?authority=1281"},
		"/access":                               {""},
	}
	names := strings.NewReplacer("{payout}", "2016-01-lund-hemvard", "{line}", "1")
	filled := 0
	for _, p := range pages() {
		require.NotEmpty(t, asked[p.path], p.path)
		for _, table := range append([]string{""}, p.tables...) {
			said := columnsOf(p.path)[table]
			require.NotEmpty(t, said, "%s %s", p.path, table)
			for _, query := range asked[p.path] {
				r, address := paying, names.Replace(tablePath(p, table))
				if strings.Contains(p.path, "{policy}/differences") {
					r = boards
				}
				address = strings.ReplaceAll(address, "{policy}", map[*reader]string{paying: "lund-2015-pilot", boards: document[0]}[r])
				answer := r.get(address + string(asJSON) + query)
				if p.path == whatIfPath && query == sweep && answer.Code == http.StatusNotFound {
					continue // it is of a comparison
				}
				require.Equal(t, http.StatusOK, answer.Code, address+query+answer.Body.String())
				requireDocumented(t, http.MethodGet, address+string(asJSON), answer)
				if !strings.Contains(answer.Body.String(), `"rows":[]`) {
					filled++
				}
				heading, _, _ := strings.Cut(r.get(address+string(asCSV)+query).Body.String(), "\n")
				var always []string
				for name := range strings.SplitSeq(heading, ",") {
					i := slices.IndexFunc(said, func(c column) bool { return c.name == name })
					require.GreaterOrEqual(t, i, 0, "%s%s: %s", address, query, name)
					if !said[i].sometimes {
						always = append(always, name)
					}
				}
				var want []string
				for _, c := range said {
					if !c.sometimes {
						want = append(want, c.name)
					}
				}
				require.Equal(t, want, always, address+query)
			}
		}
	}
	require.Greater(t, filled, 25, "most of them have rows to look at")
}

func TestFilesAreAsTheDocumentSays(t *testing.T) {
	r := program(t)
	for as := range fileForms {
		address := whatIfPath + "/" + fileName + string(as) + "?sweep=" + premium + "%3D200..400%3A50"
		answer := r.get(address)
		require.Equal(t, http.StatusOK, answer.Code, as)
		requireDocumented(t, http.MethodGet, address, answer)
		requireDocumented(t, http.MethodGet, address, r.get(address+"&time=never"))
	}
}
