package compensation

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"

	"careledger/domain"
)

// WhenVariables are the variables that a when may read. All are strings (month is YYYY-MM) but the two inclusion booleans.
var WhenVariables = domain.Codes{"authority", "provider", "regime", "unit", "area", "case", "programme", "category", "band", "kind",
	"method", "life_area", "occasion", "outcome", "month",
	"inclusion.diagnosis_group", "inclusion.rehabilitation_potential", "inclusion.needs_expected_to_decrease"}

// inclusionPrefix may be left out of a variable's name: diagnosis_group is inclusion.diagnosis_group.
const inclusionPrefix = "inclusion."

func isVariable(name string) bool {
	return WhenVariables.Has(name) || WhenVariables.Has(inclusionPrefix+name)
}

// Bounds of a when. They are far above what a rule that a board can read needs, and keep one evaluation under a millisecond.
const (
	whenLengthMax  = 4000   // bytes
	whenCostMax    = 50_000 // CEL cost units, estimated before any evaluation
	whenNestingMax = 2      // loops within loops
	whenValueBytes = 64     // length of a variable's value that the estimate assumes; ids are no longer
)

// When is a compiled condition in CEL. It depends on nothing but its variables: no clock, no random number, no map whose
// order could differ from run to run. It may be shared between goroutines.
type When struct {
	source    string
	variables []string
	compared  []Seen // variables of a code list and the codes that they are compared with, in the order of the expression
	program   cel.Program
}

// Source returns the expression as the document has it.
func (w *When) Source() string { return w.source }

// Variables returns the variables that the expression reads, sorted: a subset of WhenVariables, those of inclusion with or without
// their prefix as the expression has them.
func (w *When) Variables() []string { return slices.Clone(w.variables) }

// WhenWords returns what of an expression is written in codes: the variables that it reads, in order of name, each with an empty value and followed by the
// codes of a list that it is compared with. It returns nothing for an expression that does not compile.
func WhenWords(source string) (words []Seen) {
	w, _, _ := compileWhen(source)
	if w == nil {
		return nil
	}
	for _, variable := range w.variables {
		words = append(words, Seen{Name: variable})
		for _, c := range w.compared {
			if c.Name == variable {
				words = append(words, c)
			}
		}
	}
	return words
}

// Eval decides the condition. value is asked for the variables of Variables only, and only for those that the decision needs; it returns "" for
// what has no value, and "true" or "false" (or "", which is false) for the inclusion booleans. An error is an expression
// that fails on these values, as int(unit) does for a unit that is not a number.
func (w *When) Eval(value func(variable string) string) (bool, error) {
	result, _, err := w.program.Eval(lookup(value))
	if err != nil {
		return false, fmt.Errorf("when %s: %w", w.source, err)
	}
	decided, ok := result.Value().(bool)
	if !ok { // the checker has seen that it is boolean
		return false, fmt.Errorf("when %s: gives %v, which is not true or false", w.source, result.Value())
	}
	return decided, nil
}

// lookup lets CEL ask for the variables as it needs them.
type lookup func(string) string

func (l lookup) ResolveName(name string) (any, bool) {
	switch {
	case !isVariable(name):
		return nil, false
	case isBoolean(name):
		return l(name) == "true", true
	default:
		return l(name), true
	}
}

func (l lookup) Parent() cel.Activation { return nil }

func isBoolean(variable string) bool {
	field := strings.TrimPrefix(variable, inclusionPrefix)
	return field == "rehabilitation_potential" || field == "needs_expected_to_decrease"
}

// whenFunctions are those of standard CEL but the ones on timestamps and durations: with time zones, these would depend on
// the machine's zone database.
var whenFunctions = []string{
	operators.Conditional, operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot, operators.NotStrictlyFalse,
	operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals,
	operators.Add, operators.Subtract, operators.Multiply, operators.Divide, operators.Modulo, operators.Negate,
	operators.Index, operators.In, overloads.Size, overloads.Contains, overloads.StartsWith, overloads.EndsWith,
	overloads.Matches, overloads.TypeConvertInt, overloads.TypeConvertString, overloads.TypeConvertBool,
}

// namedFunctions lists the functions that are called by name, and the loops.
func namedFunctions() string {
	var names []string
	for _, f := range whenFunctions {
		if !strings.ContainsAny(f, "_@") {
			names = append(names, f)
		}
	}
	return strings.Join(append(names, operators.All, operators.Exists, operators.ExistsOne, operators.Filter, operators.Map), ", ")
}

// whenEnvironment is built once: it takes a hundred times as long as compiling an expression.
var whenEnvironment = sync.OnceValues(func() (*cel.Env, error) {
	subset := env.NewLibrarySubset()
	for _, f := range whenFunctions {
		subset.AddIncludedFunctions(&env.Function{Name: f})
	}
	options := []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(subset)),
		cel.ParserExpressionSizeLimit(whenLengthMax),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateComprehensionNestingLimit(whenNestingMax)),
	}
	for _, v := range WhenVariables {
		kind := cel.StringType
		if isBoolean(v) {
			kind = cel.BoolType
		}
		options = append(options, cel.Variable(v, kind))
		if field, ok := strings.CutPrefix(v, inclusionPrefix); ok {
			options = append(options, cel.Variable(field, kind))
		}
	}
	return cel.NewCustomEnv(options...)
})

// compileWhen compiles an expression. It returns what is wrong with it, each with its column where it has one, and what in
// it deserves a warning.
func compileWhen(source string) (w *When, problems, warnings []string) {
	if len(source) > whenLengthMax {
		return nil, []string{fmt.Sprintf("is %d bytes long; at most %d are allowed", len(source), whenLengthMax)}, nil
	}
	environment, err := whenEnvironment()
	if err != nil { // its parts are constants: an invariant, covered by every test
		panic(fmt.Sprintf("compensation: the CEL environment: %v", err))
	}
	parsed, issues := environment.Parse(source)
	if issues.Err() != nil {
		return nil, celMessages(source, issues, nil), nil
	}
	checked, issues := environment.Check(parsed)
	if issues.Err() != nil {
		return nil, celMessages(source, issues, parsed), nil
	}
	if t := checked.OutputType(); !t.IsExactType(cel.BoolType) {
		return nil, []string{fmt.Sprintf("gives a %s; a when must be true or false", t)}, nil
	}
	walk := walkWhen(checked)
	if len(walk.problems) > 0 {
		return nil, walk.problems, nil
	}
	if estimate, err := environment.EstimateCost(checked, valueSizes{}); err != nil || estimate.Max > whenCostMax {
		return nil, []string{"would take too long to decide; write it with fewer loops or shorter lists"}, nil
	}
	program, err := environment.Program(checked)
	if err != nil {
		return nil, []string{shortCEL(err.Error())}, nil
	}
	return &When{source, walk.variables(), walk.compared, program}, nil, walk.warnings
}

// valueSizes tells CEL's cost estimate how long values get.
type valueSizes struct{}

func (valueSizes) EstimateSize(node cost.AstNode) *cost.SizeEstimate {
	if path := node.Path(); len(path) > 0 && isVariable(strings.Join(path, ".")) {
		return &cost.SizeEstimate{Max: whenValueBytes}
	}
	return nil
}

func (valueSizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}
