package web

import (
	"bytes"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/domain"
)

// The bodies of the commands on payouts: what each takes of a ledger.PayoutRequest. Who gives it is who signed in, or whom the program names.
// A body that says what its command does not take is refused.
type (
	calculateBody struct {
		Authority string `json:"authority,omitempty"`
		Month     string `json:"month"`
		Provider  string `json:"provider,omitempty"`
	}
	approveBody struct {
		Authority string   `json:"authority,omitempty"`
		Payouts   []string `json:"payouts"`
		Version   int      `json:"version,omitempty"`
		On        string   `json:"on,omitempty"`
	}
	rejectBody struct {
		Authority string   `json:"authority,omitempty"`
		Payouts   []string `json:"payouts"`
		Version   int      `json:"version,omitempty"`
		Reason    string   `json:"reason"`
	}
	payBody struct {
		Authority string   `json:"authority,omitempty"`
		Payouts   []string `json:"payouts"`
		On        string   `json:"on,omitempty"`
		Reference string   `json:"reference,omitempty"`
	}
	cancelBody struct {
		Authority string   `json:"authority,omitempty"`
		Payouts   []string `json:"payouts"`
		Reason    string   `json:"reason"`
	}
)

func (b calculateBody) request() ledger.PayoutRequest {
	return ledger.PayoutRequest{Authority: b.Authority, Month: b.Month, Provider: b.Provider}
}

func (b approveBody) request() ledger.PayoutRequest {
	return ledger.PayoutRequest{Authority: b.Authority, Payouts: b.Payouts, Version: b.Version, On: b.On}
}

func (b rejectBody) request() ledger.PayoutRequest {
	return ledger.PayoutRequest{Authority: b.Authority, Payouts: b.Payouts, Version: b.Version, Reason: b.Reason}
}

func (b payBody) request() ledger.PayoutRequest {
	return ledger.PayoutRequest{Authority: b.Authority, Payouts: b.Payouts, On: b.On, Reference: b.Reference}
}

func (b cancelBody) request() ledger.PayoutRequest {
	return ledger.PayoutRequest{Authority: b.Authority, Payouts: b.Payouts, Reason: b.Reason}
}

// payoutCommand is the command on payouts of an action. It answers what careledger payout says with --format json.
func payoutCommand[B interface{ request() ledger.PayoutRequest }](action string) apiCommand {
	return apiCommand{apiPath + "payouts/" + action, http.StatusOK, func(s *Server, g *given) (any, error) {
		var body B
		if problems := domain.ReadDocument(g.body, "", &body); problems != nil {
			return nil, &problem{status: http.StatusBadRequest, word: "command", detail: problems.Error(), problems: problems}
		}
		r := body.request()
		r.Action, r.Actor, r.Key, r.Format = action, g.by.Actor, g.key, "json"
		var answer bytes.Buffer
		err := s.config.Ledger.Payout(g.r.Context(), r, &answer)
		if err != nil && answer.Len() > 0 {
			err = &partlyDone{answer.Bytes(), err}
		}
		return jsontext.Value(answer.Bytes()), err
	}}
}
