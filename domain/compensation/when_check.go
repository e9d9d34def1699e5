package compensation

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"careledger/domain"
)

// whenCodes are the variables that hold a word of a code list.
var whenCodes = map[string]domain.Codes{
	"regime": domain.Regimes, "area": domain.Areas, "category": domain.Categories, "band": domain.Bands, "kind": domain.PatientKinds,
	"method": domain.Methods, "life_area": domain.LifeAreas, "occasion": domain.Occasions, "outcome": domain.Outcomes,
}

// WhenCodes returns the list that a variable of a when holds a code of, nil where it holds something else.
func WhenCodes(variable string) domain.Codes { return whenCodes[variable] }

// whenWalk is what a walk over a checked expression finds.
type whenWalk struct {
	checked            *ast.AST
	source             string
	loops              map[string]ast.Expr // loop variable in scope → what it runs over
	read               map[string]bool
	compared           []Seen
	problems, warnings []string
}

func walkWhen(checked *cel.Ast) *whenWalk {
	w := &whenWalk{checked: checked.NativeRep(), source: checked.Source().Content(), loops: map[string]ast.Expr{}, read: map[string]bool{}}
	w.expression(w.checked.Expr())
	return w
}

func (w *whenWalk) variables() []string {
	var names []string
	for name := range w.read {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (w *whenWalk) problem(at ast.Expr, format string, args ...any) {
	location := w.checked.SourceInfo().GetStartLocation(at.ID())
	w.problems = append(w.problems, column(w.source, location.Line(), location.Column())+fmt.Sprintf(format, args...))
}

// expression walks e and what is in it. Its depth is bounded by CEL's parser.
func (w *whenWalk) expression(e ast.Expr) {
	switch e.Kind() {
	case ast.IdentKind:
		if name := e.AsIdent(); isVariable(name) {
			w.read[name] = true
		}
	case ast.SelectKind:
		w.expression(e.AsSelect().Operand())
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			w.expression(element)
		}
	case ast.MapKind, ast.StructKind:
		w.problem(e, "a map has no order to rely on; write a list")
	case ast.ComprehensionKind:
		w.loop(e)
	case ast.CallKind:
		c := e.AsCall()
		w.call(c)
		for _, arg := range operands(c) {
			w.expression(arg)
		}
	}
}

// loop walks a loop (exists and its like), with its variable in scope. The variable must not hide another name.
func (w *whenWalk) loop(e ast.Expr) {
	c := e.AsComprehension()
	w.expression(c.IterRange())
	name := c.IterVar()
	if _, again := w.loops[name]; again || isVariable(name) || name == "inclusion" {
		w.problem(e, "%q is already the name of something else; use another name for the loop's variable", name)
		return
	}
	w.loops[name] = c.IterRange()
	for _, part := range []ast.Expr{c.AccuInit(), c.LoopCondition(), c.LoopStep(), c.Result()} {
		w.expression(part)
	}
	delete(w.loops, name)
}

func operands(c ast.CallExpr) []ast.Expr {
	if c.IsMemberFunction() {
		return append([]ast.Expr{c.Target()}, c.Args()...)
	}
	return c.Args()
}

// call looks at what is compared with what.
func (w *whenWalk) call(c ast.CallExpr) {
	args := operands(c)
	if len(args) != 2 {
		return
	}
	switch c.FunctionName() {
	case operators.Equals, operators.NotEquals:
		w.compare(args[0], args[1], true)
	case operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		w.compare(args[0], args[1], false)
	case operators.In:
		w.membership(args[0], w.elements(args[1]))
	default: // startsWith and its like: part of a word is no word of a list
		w.provider(args[0], args[1])
	}
}

// compare checks a comparison of a and b, in either order. Lists are compared element by element.
func (w *whenWalk) compare(a, b ast.Expr, equality bool) {
	if x, y := w.elements(a), w.elements(b); len(x) > 0 && len(x) == len(y) {
		for i := range x {
			w.compare(x[i], y[i], equality)
		}
		return
	}
	for _, order := range [][2]ast.Expr{{a, b}, {b, a}} {
		w.provider(order[0], order[1])
		w.match(w.names(order[0]), w.words(order[1], 0), equality)
	}
}

// membership checks e in [elements].
func (w *whenWalk) membership(e ast.Expr, elements []ast.Expr) {
	var names []string
	for _, element := range elements {
		if len(w.elements(e)) > 0 {
			w.compare(e, element, true)
			continue
		}
		w.provider(e, element)
		w.match(w.names(e), w.words(element, 0), true)
		w.provider(element, e)
		names = append(names, w.names(element)...)
	}
	w.match(names, w.words(e, 0), true)
}

// match checks that each of the words is one that at least one of the variables can hold.
func (w *whenWalk) match(variables, words []string, equality bool) {
	for _, word := range words {
		var problems []string
		for _, variable := range variables {
			if c := (Seen{variable, word}); whenCodes[variable].Has(word) && !slices.Contains(w.compared, c) {
				w.compared = append(w.compared, c)
			}
			if problem := w.word(variable, word, equality); problem != "" {
				problems = append(problems, problem)
			}
		}
		if len(problems) > 0 && len(problems) == len(variables) && !slices.Contains(w.problems, problems[0]) {
			w.problems = append(w.problems, problems[0])
		}
	}
}

// word says what is wrong with comparing a variable with a word, "" if nothing is.
func (w *whenWalk) word(variable, word string, equality bool) string {
	codes, listed := whenCodes[variable]
	switch {
	case word == "": // what a variable without a value holds
	case variable == "month":
		if _, err := domain.ParseMonth(word); err != nil {
			return err.Error()
		}
	case !listed || !equality || codes.Has(word):
	case codes.Closest(word) != "":
		return fmt.Sprintf("%q is not %s %s; did you mean %q?", word, article(variable), variable, codes.Closest(word))
	default:
		return fmt.Sprintf("%q is not %s %s; use one of %s", word, article(variable), variable, codes)
	}
	return ""
}

// provider warns where a provider is named: a model should treat all alike.
func (w *whenWalk) provider(a, b ast.Expr) {
	if !slices.Contains(w.names(a), "provider") {
		return
	}
	for _, word := range w.words(b, 0) {
		warning := fmt.Sprintf("names the provider %q; a model should hold for every provider alike", word)
		if word != "" && !slices.Contains(w.warnings, warning) {
			w.warnings = append(w.warnings, warning)
		}
	}
}

// names returns the variables that e may stand for.
func (w *whenWalk) names(e ast.Expr) []string {
	switch {
	case e.Kind() == ast.IdentKind && isVariable(e.AsIdent()):
		return []string{e.AsIdent()}
	case e.Kind() == ast.CallKind && e.AsCall().FunctionName() == operators.Conditional:
		return append(w.names(e.AsCall().Args()[1]), w.names(e.AsCall().Args()[2])...)
	case e.Kind() == ast.IdentKind:
		var names []string
		for _, element := range w.elements(w.loops[e.AsIdent()]) {
			if element.Kind() == ast.IdentKind && isVariable(element.AsIdent()) {
				names = append(names, element.AsIdent())
			}
		}
		return names
	}
	return nil
}

// words returns the string literals that e may stand for.
func (w *whenWalk) words(e ast.Expr, depth int) []string {
	if depth > whenNestingMax { // loops run over lists of literals, not over each other
		return nil
	}
	switch e.Kind() {
	case ast.LiteralKind:
		if s, ok := e.AsLiteral().Value().(string); ok {
			return []string{s}
		}
	case ast.IdentKind:
		var words []string
		for _, element := range w.elements(w.loops[e.AsIdent()]) {
			words = append(words, w.words(element, depth+1)...)
		}
		return words
	case ast.CallKind:
		if c := e.AsCall(); c.FunctionName() == operators.Conditional {
			return append(w.words(c.Args()[1], depth), w.words(c.Args()[2], depth)...)
		}
	}
	return nil
}

// elements returns what a list literal, or several joined with +, hold.
func (w *whenWalk) elements(e ast.Expr) []ast.Expr {
	switch {
	case e == nil:
	case e.Kind() == ast.ListKind:
		return e.AsList().Elements()
	case e.Kind() == ast.CallKind && e.AsCall().FunctionName() == operators.Add && len(e.AsCall().Args()) == 2:
		return append(slices.Clone(w.elements(e.AsCall().Args()[0])), w.elements(e.AsCall().Args()[1])...)
	}
	return nil
}

func article(variable string) string {
	if strings.ContainsRune("aeiou", rune(variable[0])) {
		return "an"
	}
	return "a"
}

// column says where in a when something is; line and column as CEL counts them, from 1 and from 0.
func column(source string, line, column int) string {
	if line < 1 || column < 0 {
		return ""
	}
	if strings.Contains(strings.TrimSpace(source), "\n") {
		return fmt.Sprintf("line %d column %d: ", line, column+1)
	}
	return fmt.Sprintf("column %d: ", column+1)
}

var oneEqualsSign = regexp.MustCompile(`[^=!<>]=[^=]`)

// celMessages makes CEL's complaints short. Of a syntax error only the first is kept, as the others follow from it; of
// names that are not known the message says which variables there are. parsed is nil for syntax errors.
func celMessages(source string, issues *cel.Issues, parsed *cel.Ast) []string {
	var messages []string
	unknown := map[int64]string{} // what stands at an expression that CEL complains of
	if parsed != nil {
		ast.PreOrderVisit(parsed.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) { unknown[e.ID()] = unknownName(e) }))
	}
	for _, e := range issues.Errors() {
		message := shortCEL(e.Message)
		if reason := unknown[e.ExprID]; reason != "" {
			message = reason
		}
		if parsed == nil && oneEqualsSign.MatchString(source) {
			message += "; is equal to is written =="
		}
		message = column(source, e.Location.Line(), e.Location.Column()) + message
		if !slices.Contains(messages, message) {
			messages = append(messages, message)
		}
		if parsed == nil {
			break
		}
	}
	return messages
}

// unknownName says that e is a variable or a function that a when does not have, "" if it has it.
func unknownName(e ast.Expr) string {
	if e.Kind() == ast.CallKind {
		name := e.AsCall().FunctionName()
		if slices.Contains(whenFunctions, name) {
			return ""
		}
		return fmt.Sprintf("there is no function %q in a when; there are %s", name, namedFunctions())
	}
	name := qualified(e)
	switch {
	case name == "" || isVariable(name):
		return ""
	case name == "inclusion":
		return "\"inclusion\" is not a variable, but for example inclusion.diagnosis_group is"
	case WhenVariables.Closest(name) != "":
		return fmt.Sprintf("%q is not a variable; did you mean %q?", name, WhenVariables.Closest(name))
	default:
		return fmt.Sprintf("%q is not a variable; the variables are %s", name, WhenVariables)
	}
}

// qualified returns the dotted name that e is, "" if it is something else.
func qualified(e ast.Expr) string {
	switch e.Kind() {
	case ast.IdentKind:
		return e.AsIdent()
	case ast.SelectKind:
		if operand := qualified(e.AsSelect().Operand()); operand != "" {
			return operand + "." + e.AsSelect().FieldName()
		}
	}
	return ""
}

// shortCEL leaves of a message of CEL what helps the author of a model.
func shortCEL(message string) string {
	message, _, _ = strings.Cut(message, "\n")
	message, _, _ = strings.Cut(message, " expecting ")
	for _, symbol := range []string{"==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "&&", "||"} {
		message = strings.ReplaceAll(message, "'_"+symbol+"_'", "'"+symbol+"'")
	}
	message = strings.ReplaceAll(message, "'@in'", "'in'")
	if runes := []rune(message); len(runes) > 160 {
		message = string(runes[:160]) + " …"
	}
	return message
}
