package main

import (
	"fmt"
	"net/http"
)

func greet(name string) string {
	greeting := "hello " + name
	return greeting
}

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, greet(r.URL.Path[1:]))
	})
	http.ListenAndServe(":8080", nil)
}
