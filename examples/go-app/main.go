// A small service: each answer has an identifier of its own. `my-app fetch URL` shows that TLS finds its trust roots.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"

	"github.com/google/uuid"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "fetch" {
		fetch(os.Args[2])
		return
	}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "hello from %s\n", uuid.NewString())
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}

func fetch(url string) {
	response, err := http.Get(url)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	size, err := io.Copy(io.Discard, response.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.Status, size, "bytes")
}
