package words_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
)

// A code that is new in the domain needs its Swedish word before it can stand on a page.
func TestEveryCodeThatASheetShowsHasASwedishWord(t *testing.T) {
	for section, codes := range map[string]domain.Codes{
		"life_area": domain.LifeAreas, "category": domain.ServiceKinds, "band": domain.ServiceBands, "method": domain.Methods,
		"status": {"0", "1", "2", "3", "4", "8", "9"},
	} {
		for _, code := range codes {
			assert.True(t, words.Swedish.Has(section, code), "%s %s", section, code)
		}
	}
}

func TestDatesTimesAndFrequenciesAreWrittenAsInSweden(t *testing.T) {
	day, err := domain.ParseDate("2022-10-01")
	require.NoError(t, err)
	assert.Equal(t, "1 oktober 2022", words.Date(day))
	for minutes, want := range map[int]string{0: "0 minuter", 1: "1 minut", 59: "59 minuter", 60: "1 timme", 61: "1 timme 1 minut", 1950: "32 timmar 30 minuter"} {
		assert.Equal(t, want, words.Minutes(minutes))
	}
	for times, want := range map[string]string{"0.25": "en gång var fjärde vecka", "0.50": "varannan vecka", "1": "en gång i veckan",
		"3.5": "3,5 gånger i veckan", "14": "14 gånger i veckan"} {
		d, err := domain.ParseDecimal(times)
		require.NoError(t, err)
		assert.Equal(t, want, words.TimesPerWeek(d))
	}
}

// What is for people in Sweden alone: the information sheet of a decision, and the words that it and the dates are written with; and what is wrong in a model
// document, and phrases, whose English is that of where they are said.
var swedishOnly = []string{"model_wrong", "model_found", "sheet", "month", "times", "number", "phrase"}

func TestEveryOtherWordIsInBothLanguages(t *testing.T) {
	for _, section := range words.Sections() {
		for _, code := range words.Codes(section) {
			assert.True(t, words.Swedish.Has(section, code), "%s.%s", section, code)
			assert.Equal(t, !slices.Contains(swedishOnly, section), words.English.Has(section, code), "%s.%s", section, code)
		}
	}
}
