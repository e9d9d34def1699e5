package domain

import (
	"regexp"
	"slices"
)

// A record that is refused leaves those that build on it without what it would have said. So that a person reads the cause
// and not its consequences, a problem says what it finds missing, and Defines says what a line would have brought.

var member = regexp.MustCompile(`"(id|type|entity|decision|goal|unit)"\s*:\s*"([^"]*)"`)

// Defines returns the names of what a line would have made known, as Problem.Missing gives them. It reads a broken line as far
// as it can be read.
func Defines(line []byte) (names []string) {
	first := map[string]string{}
	for _, m := range member.FindAllSubmatch(line, -1) {
		if k := string(m[1]); first[k] == "" {
			first[k] = string(m[2])
		}
	}
	entity := Entity(first["entity"])
	define := func(name string, parts ...string) {
		if !slices.Contains(parts, "") { // what is not said is nothing that others could miss
			names = append(names, name)
		}
	}
	define(missingEvent(first["id"]), first["id"])
	switch Type(first["type"]) {
	case TypeCaseOpened, TypeProviderRegistered, TypePolicyAdopted, TypeCareRequested, TypeAgreementProposed, TypeGrantAgreed:
		define(missingEntity(entity), first["entity"])
	case TypeUnitRegistered:
		define(missingUnit(first["unit"]), first["unit"])
	case TypeDecisionMade:
		define(missingDecision(entity, first["decision"]), first["entity"], first["decision"])
	case TypePatientEnrolled:
		define(missingEnrolment(entity), first["entity"])
	case TypeDisputeRaised:
		define(missingDispute(entity), first["entity"])
	case TypeGoalSet:
		define(missingGoal(entity, first["goal"]), first["entity"], first["goal"])
	}
	return names
}

func missingEntity(e Entity) string              { return string(e) }
func missingUnit(id string) string               { return "unit " + id }
func missingEvent(id string) string              { return "event " + id }
func missingDecision(e Entity, id string) string { return string(e) + " decision " + id }
func missingGoal(e Entity, id string) string     { return string(e) + " goal " + id }
func missingEnrolment(e Entity) string           { return string(e) + " enrolment" }
func missingDispute(e Entity) string             { return string(e) + " dispute" }
