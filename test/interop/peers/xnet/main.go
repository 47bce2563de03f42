// A peer on golang.org/x/net/websocket, the library of the book's two programs under its present
// name. It behaves as they do: no Close frame, ever; whoever has finished just closes the connection.
//
//	xnet server         listens on a free port, holds one conversation, exits
//	xnet client URL     returns every message until the stream ends
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"golang.org/x/net/websocket"
)

func main() {
	var err error
	switch {
	case len(os.Args) == 2 && os.Args[1] == "server":
		err = serve()
	case len(os.Args) == 3 && os.Args[1] == "client":
		err = converse(os.Args[2])
	default:
		err = errors.New("usage: xnet server | xnet client URL")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "Fatal error:", err)
		os.Exit(1)
	}
}

func serve() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "Listening on ws://%s/\n", listener.Addr())
	result := make(chan error)
	handler := func(w http.ResponseWriter, r *http.Request) {
		var spoken error
		websocket.Handler(func(ws *websocket.Conn) { spoken = speak(ws) }).ServeHTTP(w, r)
		result <- spoken
	}
	go http.Serve(listener, http.HandlerFunc(handler))
	return <-result
}

func speak(ws *websocket.Conn) error {
	fmt.Println("Echoing")
	for n := 0; n < 10; n++ {
		message := fmt.Sprintf("Hello %d", n)
		fmt.Println("Sending to client: " + message)
		if err := websocket.Message.Send(ws, message); err != nil {
			return fmt.Errorf("can't send: %w", err)
		}
		var reply string
		if err := websocket.Message.Receive(ws, &reply); err != nil {
			return fmt.Errorf("can't receive: %w", err)
		}
		fmt.Println("Received back from client: " + reply)
	}
	return nil
}

func converse(url string) error {
	ws, err := websocket.Dial(url, "", "http://localhost")
	if err != nil {
		return err
	}
	for {
		var message string
		err := websocket.Message.Receive(ws, &message)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("couldn't receive: %w", err)
		}
		fmt.Println("Received from server: " + message)
		if err := websocket.Message.Send(ws, message); err != nil {
			return fmt.Errorf("couldn't return: %w", err)
		}
	}
}
