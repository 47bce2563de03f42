// The conversation on golang.org/x/net/websocket, the library of the book, with the same checks.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"golang.org/x/net/websocket"
)

const (
	replyTimeout = 300 * time.Second
	maxPayload   = 64 << 20
)

func converse(ws *websocket.Conn, rounds int, constant []byte) {
	ws.MaxPayloadBytes = maxPayload
	var text string
	var data []byte
	for round := 0; round < rounds; round++ {
		if ws.SetDeadline(time.Now().Add(replyTimeout)) != nil {
			return
		}
		if constant != nil {
			if websocket.Message.Send(ws, constant) != nil || websocket.Message.Receive(ws, &data) != nil {
				return
			}
			if !bytes.Equal(data, constant) {
				return
			}
			continue
		}
		expected := "Hello " + strconv.Itoa(round)
		if websocket.Message.Send(ws, expected) != nil || websocket.Message.Receive(ws, &text) != nil {
			return
		}
		if text != expected {
			return
		}
	}
	ws.WriteClose(1000)
}

func main() {
	rounds, _ := strconv.Atoi(os.Args[1])
	size, _ := strconv.Atoi(os.Args[2])
	var constant []byte
	if size > 0 {
		constant = bytes.Repeat([]byte("x"), size)
	}
	server := websocket.Server{Handler: func(ws *websocket.Conn) { converse(ws, rounds, constant) }}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintf(os.Stderr, "Listening on ws://%s/\n", listener.Addr())
	go http.Serve(listener, server)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		runtime.GC()
		debug.FreeOSMemory()
		fmt.Println("collected")
	}
}
