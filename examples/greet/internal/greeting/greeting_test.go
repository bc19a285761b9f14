package greeting

import (
	"strings"
	"testing"
)

func TestForNamesEverybody(t *testing.T) {
	if got := For("Ada"); !strings.HasPrefix(got, "Hello, Ada, from ") {
		t.Errorf("For(%q) = %q", "Ada", got)
	}
}
