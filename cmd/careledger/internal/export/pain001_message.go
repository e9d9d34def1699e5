package export

import "encoding/xml"

// The message CustomerCreditTransferInitiation, pain.001.001.03, as far as giro payments use it. The names of the types are those of the
// schema where there is one; fields stand in the schema's order, which is part of the format.

const pain001Namespace = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"

// Lengths that the schema sets.
const (
	maxIDText  = 35  // Max35Text
	maxName    = 70  // of a party; the schema has 140, the Swedish banks 70
	maxRemit   = 140 // Max140Text
	maxBatches = 999 // payments are grouped by day; more days than this have no room in the ids
)

type painDocument struct {
	XMLName    xml.Name       `xml:"Document"`
	Namespace  string         `xml:"xmlns,attr"`
	Initiation painInitiation `xml:"CstmrCdtTrfInitn"`
}

type painInitiation struct {
	Header  painHeader  `xml:"GrpHdr"`
	Batches []painBatch `xml:"PmtInf"`
}

type painHeader struct {
	MessageID string    `xml:"MsgId"`
	Created   string    `xml:"CreDtTm"`
	Count     int       `xml:"NbOfTxs"`
	Sum       string    `xml:"CtrlSum"`
	Initiator painParty `xml:"InitgPty"`
}

type painParty struct {
	Name string      `xml:"Nm"`
	ID   *painOrgRef `xml:"Id>OrgId>Othr"`
}

type painOrgRef struct {
	ID     string     `xml:"Id"`
	Scheme painScheme `xml:"SchmeNm"`
}

type painScheme struct {
	Code        string `xml:"Cd,omitempty"`
	Proprietary string `xml:"Prtry,omitempty"`
}

type painBatch struct {
	ID           string         `xml:"PmtInfId"`
	Method       string         `xml:"PmtMtd"`
	Count        int            `xml:"NbOfTxs"`
	Sum          string         `xml:"CtrlSum"`
	ServiceLevel string         `xml:"PmtTpInf>SvcLvl>Cd"`
	Purpose      string         `xml:"PmtTpInf>CtgyPurp>Cd"`
	ExecuteOn    string         `xml:"ReqdExctnDt"`
	Debtor       painParty      `xml:"Dbtr"`
	Account      painAccount    `xml:"DbtrAcct"`
	BIC          string         `xml:"DbtrAgt>FinInstnId>BIC"`
	Transfers    []painTransfer `xml:"CdtTrfTxInf"`
}

type painAccount struct {
	IBAN     string      `xml:"Id>IBAN,omitempty"`
	Other    *painOrgRef `xml:"Id>Othr"`
	Currency string      `xml:"Ccy,omitempty"`
}

type painTransfer struct {
	InstructionID string      `xml:"PmtId>InstrId"`
	EndToEndID    string      `xml:"PmtId>EndToEndId"`
	Amount        painAmount  `xml:"Amt>InstdAmt"`
	Clearing      string      `xml:"CdtrAgt>FinInstnId>ClrSysMmbId>ClrSysId>Cd"`
	Member        string      `xml:"CdtrAgt>FinInstnId>ClrSysMmbId>MmbId"`
	Creditor      painParty   `xml:"Cdtr"`
	Account       painAccount `xml:"CdtrAcct"`
	Remittance    string      `xml:"RmtInf>Ustrd"`
}

type painAmount struct {
	Currency string `xml:"Ccy,attr"`
	Amount   string `xml:",chardata"`
}
