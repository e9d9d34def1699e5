package compensation

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a board adopted is downloaded as YAML: it is the same document.
func TestAModelWrittenAsYAMLIsTheSameModel(t *testing.T) {
	for _, name := range Library() {
		published, ok := LibraryModel(name)
		require.True(t, ok)
		m := mustParse(t, string(published))
		adopted, _, err := ParseModel("", m.CanonicalJSON()) // as the log has it
		require.NoError(t, err)
		doc, err := adopted.YAML()
		require.NoError(t, err)
		again, _, err := ParseModel(name, doc)
		require.NoError(t, err, string(doc))
		assert.Equal(t, m.SHA256(), again.SHA256(), name)
		assert.Regexp(t, `^id: `, string(doc))
	}
}
