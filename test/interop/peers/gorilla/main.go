// A peer on github.com/gorilla/websocket: it does the closing handshake in full, and returns messages
// in the kind, text or binary, in which they came.
//
//	gorilla server      listens on a free port, holds one conversation, exits
//	gorilla client URL  returns every message until the server closes
package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/gorilla/websocket"
)

func main() {
	var err error
	switch {
	case len(os.Args) == 2 && os.Args[1] == "server":
		err = serve()
	case len(os.Args) == 3 && os.Args[1] == "client":
		err = converse(os.Args[2])
	default:
		err = errors.New("usage: gorilla server | gorilla client URL")
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
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	result := make(chan error)
	handler := func(w http.ResponseWriter, r *http.Request) {
		ws, err := upgrader.Upgrade(w, r, nil)
		if err == nil {
			err = speak(ws)
			ws.Close()
		}
		result <- err
	}
	go http.Serve(listener, http.HandlerFunc(handler))
	return <-result
}

func speak(ws *websocket.Conn) error {
	fmt.Println("Echoing")
	for n := 0; n < 10; n++ {
		message := fmt.Sprintf("Hello %d", n)
		fmt.Println("Sending to client: " + message)
		if err := ws.WriteMessage(websocket.TextMessage, []byte(message)); err != nil {
			return fmt.Errorf("can't send: %w", err)
		}
		_, reply, err := ws.ReadMessage()
		if err != nil {
			return fmt.Errorf("can't receive: %w", err)
		}
		fmt.Println("Received back from client: " + string(reply))
	}
	goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	deadline := time.Now().Add(5 * time.Second)
	if err := ws.WriteControl(websocket.CloseMessage, goodbye, deadline); err != nil {
		return fmt.Errorf("can't close: %w", err)
	}
	return closedNormally(ws)
}

func closedNormally(ws *websocket.Conn) error {
	_, _, err := ws.ReadMessage()
	if websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		return nil
	}
	return fmt.Errorf("no normal close: %w", err)
}

func converse(url string) error {
	ws, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		return err
	}
	defer ws.Close()
	for {
		kind, message, err := ws.ReadMessage()
		if websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("couldn't receive: %w", err)
		}
		fmt.Println("Received from server: " + string(message))
		if err := ws.WriteMessage(kind, message); err != nil {
			return fmt.Errorf("couldn't return: %w", err)
		}
	}
}
