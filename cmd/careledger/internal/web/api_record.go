package web

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// recordAnswer says where the event of a record stands. It is the same each time.
type recordAnswer struct {
	ID       string `json:"id"`       // of the event: the command's key
	Sequence uint64 `json:"sequence"` // its position on the log of its authority
}

// recordCommand takes one record. Its actor is who registered it in the system of origin; who sends it is a program.
func recordCommand() apiCommand {
	return apiCommand{apiPath + "records", http.StatusCreated, func(s *Server, g *given) (any, error) {
		record, err := withID(g.body, g.key)
		if err != nil {
			return nil, err
		}
		sequence, duplicate, err := s.config.Ledger.Record(g.r.Context(), record)
		if err != nil {
			return nil, err
		}
		if duplicate {
			g.w.Header().Set(duplicateHeader, "true")
		}
		return recordAnswer{g.key, sequence}, nil
	}}
}

// withID returns a record with the key as its id. One that says another id is refused: it would be idempotent under two words. What is no
// record is returned as it is, for the ledger to say what is wrong with it.
func withID(record []byte, key string) ([]byte, error) {
	var members map[string]jsontext.Value
	if json.Unmarshal(record, &members) != nil || members == nil {
		return record, nil
	}
	if own, has := members["id"]; has {
		var id string
		if err := json.Unmarshal(own, &id); err != nil || id != key {
			return nil, &problem{status: http.StatusBadRequest, word: "key", detail: fmt.Sprintf("the record's id is not its %s: the key is the id of the record; leave the id out, or give it as the key", keyHeader)}
		}
		return record, nil
	}
	_, rest, _ := bytes.Cut(record, []byte("{"))
	quoted := `{"id":"` + key + `"` // which needs no escape (domain.CheckEventID)
	if len(members) > 0 {
		quoted += ","
	}
	return append([]byte(quoted), rest...), nil
}
