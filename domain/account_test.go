package domain_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
)

func TestAnOrganisationNumberHasTenDigitsAndACheckDigit(t *testing.T) {
	for _, s := range []string{"556016-0680", "5560160680", "212000-1132"} {
		assert.NoError(t, domain.CheckOrganisationNumber(s))
	}
	for _, s := range []string{"", "556016-0681", "556016-068", "55-6016-0680", "16556016-0680", "556016 0680", "55601606８0"} {
		assert.EqualError(t, domain.CheckOrganisationNumber(s),
			fmt.Sprintf("%q is not an organisation number: ten digits (NNNNNN-NNNN) of which the last is a check digit", s))
	}
}

func TestAGiroAccountIsReadAsItStandsOnAnInvoice(t *testing.T) {
	for in, want := range map[string]string{
		"bankgiro 5050-1055":       "bankgiro 5050-1055",
		"bg 5050-1055":             "bankgiro 5050-1055",
		"BG: 5050 1055":            "bankgiro 5050-1055",
		"bg50501055":               "bankgiro 5050-1055",
		"Bankgiro\u00a0991-2346":   "bankgiro 991-2346",
		"plusgiro 28 65 43-4":      "plusgiro 28 65 43-4",
		"pg 2865434":               "plusgiro 28 65 43-4",
		"pg 4-2":                   "plusgiro 4-2",
		"PlusGiro 1\u00a023 45-5":  "plusgiro 1 23 45-5",
		"plusgiro 41 58 90-3":      "plusgiro 41 58 90-3",
		"bankgiro 5050-1056":       "", // check digit
		"bankgiro 50501-055":       "", // the hyphen says that a digit moved
		"bankgiro 0000-0000":       "",
		"bankgiro 5050--1055":      "",
		"plusgiro 28 65 43-5":      "",
		"plusgiro 2-865434":        "",
		"plusgiro 0-0":             "",
		"5050-1055":                "", // which system?
		"swish 123 456 78 90":      "",
		"bankgiro":                 "",
		"":                         "",
		"bankgiro 5050-1055 (old)": "",
	} {
		giro, err := domain.ParseGiro(in)
		assert.Equal(t, want, giro.String(), "%q", in)
		assert.Equal(t, want == "", err != nil, "%q: %v", in, err)
		if err != nil {
			assert.Zero(t, giro)
			assert.ErrorContains(t, err, "giro", "%q", in)
		}
	}
}

func TestAGiroAccountReadsBackFromItsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		read, body := domain.ParseBankgiro, rapid.StringMatching(`[1-9][0-9]{5,6}`)
		if rapid.Bool().Draw(t, "plusgiro") {
			read, body = domain.ParsePlusgiro, rapid.StringMatching(`[1-9][0-9]{0,6}`)
		}
		digits := withCheckDigit(body.Draw(t, "digits"))
		giro, err := read(digits)
		require.NoError(t, err)
		assert.Equal(t, digits, giro.Digits)
		back, err := domain.ParseGiro(giro.String())
		require.NoError(t, err)
		assert.Equal(t, giro, back)

		at := rapid.IntRange(0, len(digits)-1).Draw(t, "at")
		wrong := []byte(digits)
		wrong[at] = '0' + (wrong[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		_, err = read(string(wrong))
		assert.Error(t, err, "a wrong digit is seen: %s", wrong)
	})
}

func withCheckDigit(body string) string {
	for d := range 10 {
		if s := fmt.Sprint(body, d); domain.Luhn(s) {
			return s
		}
	}
	panic("no digit completes " + body)
}

func TestAnIBANHasCheckDigitsAndASwedishOneTwentyFourCharacters(t *testing.T) {
	for in, want := range map[string]string{ // the examples of the SWIFT IBAN registry
		"SE45 5000 0000 0583 9825 7466": "SE4550000000058398257466",
		"SE4550000000058398257466":      "SE4550000000058398257466",
		"NO9386011117947":               "NO9386011117947",
		"GB29 NWBK 6016 1331 9268 19":   "GB29NWBK60161331926819",
		"SE4550000000058398257467":      "",
		"SE455000000005839825746":       "",
		"se4550000000058398257466":      "",
		"5050-1055":                     "",
		"":                              "",
	} {
		got, err := domain.ParseIBAN(in)
		assert.Equal(t, want, got, "%q", in)
		assert.Equal(t, want == "", err != nil, "%q: %v", in, err)
	}
}
