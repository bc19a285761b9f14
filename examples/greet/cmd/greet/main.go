// Greet says hello, and for which machine it was compiled.
package main

import (
	"fmt"
	"os"

	"example.com/greet/internal/greeting"
)

func main() {
	name := "world"
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	fmt.Println(greeting.For(name))
}
