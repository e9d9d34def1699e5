package feed

import (
	"encoding/json"
	"fmt"

	"github.com/invopop/jsonschema"

	"careledger/eventstore"
)

// authorityParameter stands for the authority's code in the addresses of the AsyncAPI document.
const authorityParameter = "{authority}"

// AsyncAPI is the feed as an AsyncAPI 3.0 document: a channel and a message for each kind, with the schemas of Schema.
func AsyncAPI() ([]byte, error) {
	type object = map[string]any
	channels, operations, messages := object{}, object{}, object{}
	for _, k := range Kinds() {
		payload, err := schema(k)
		if err != nil {
			return nil, err
		}
		name := string(k)
		channels[name] = object{
			"address":     eventstore.FeedSubject(authorityParameter, name),
			"description": payload.Description,
			"messages":    object{name: object{"$ref": "#/components/messages/" + name}},
			"parameters":  object{"authority": object{"description": "SCB code: a municipality's four digits, a county's two"}},
		}
		operations["publish-"+name] = object{
			"action":   "send",
			"channel":  object{"$ref": "#/channels/" + name},
			"messages": []object{{"$ref": "#/channels/" + name + "/messages/" + name}},
		}
		messages[name] = object{
			"name":        k.Type(),
			"title":       payload.Title,
			"contentType": "application/cloudevents+json",
			"payload":     object{"schemaFormat": "application/schema+json;version=draft-07", "schema": asDraft07(payload)},
		}
	}
	b, err := json.MarshalIndent(object{
		"asyncapi": "3.0.0",
		"id":       "urn:careledger:bi",
		"info": object{
			"title":   "careledger: the BI feed",
			"version": "1.0.0", // of the kinds' messages: the first number is that of their types
			"description": "What an authority's ledger comes to, row by row. Every message is a CloudEvents 1.0 JSON document on the JetStream stream " +
				eventstore.FeedStream(authorityParameter) + ". A subscriber takes and acknowledges them through the durable pull consumer that has its name " +
				"(careledger bi add): all there were, then those that come. Delivery is at least once; of the rows of one type and data.key the one with the " +
				"highest data.source_sequence stands, so applying a message twice changes nothing.",
		},
		"defaultContentType": "application/cloudevents+json",
		"servers": object{"careledger": object{
			"host":        "127.0.0.1:4222",
			"protocol":    "nats",
			"description": "careledger serve, where its --listen says",
			"security":    []object{{"type": "userPassword", "description": "as careledger bi add prints them"}},
		}},
		"channels":   channels,
		"operations": operations,
		"components": object{"messages": messages},
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("the AsyncAPI document: %w", err)
	}
	return append(b, '\n'), nil
}

// asDraft07 is the schema as AsyncAPI tools read it, which know draft 07 of JSON Schema and not all later ones. The words it uses mean the same in both.
func asDraft07(s *jsonschema.Schema) *jsonschema.Schema {
	s.Version = "http://json-schema.org/draft-07/schema#"
	return s
}
