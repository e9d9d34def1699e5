package domain

import (
	"fmt"

	"github.com/go-json-experiment/json"
)

// ReadDocument reads a JSON document that a person wrote into a struct, with the messages of records: an unknown field, a number where a
// decimal string belongs. Fields are named below at. It returns nil where the document fits.
func ReadDocument(raw []byte, at string, into any) Problems {
	err := json.Unmarshal(raw, into, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	p := jsonProblem(err, at, raw)
	if p.Field == "record" {
		p.Field = "document"
	}
	return Problems{p}
}

// CheckService returns what is wrong with the service at a position of a list of services.
func CheckService(position int, s Service) (ps Problems) {
	s.check(&ps, fmt.Sprintf("services[%d].", position))
	return ps
}
