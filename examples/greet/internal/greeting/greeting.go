// Package greeting words greetings.
package greeting

import (
	"fmt"
	"runtime"
)

// For greets somebody, and names the platform of the binary.
func For(name string) string {
	return fmt.Sprintf("Hello, %s, from %s/%s!", name, runtime.GOOS, runtime.GOARCH)
}
