"""A TCP proxy on loopback that keeps every byte.

    proxy.py PORT FOLDER

Listens on a free port of 127.0.0.1, which it prints, and passes everything on
to PORT. FOLDER/up gets what clients sent, FOLDER/down what came back, whole
and in order for each connection; one connection after the other.
"""
import os
import socket
import sys
import threading

kept = threading.Lock()


def relay(source, sink, record):
    while True:
        try:
            data = source.recv(65536)
        except OSError:
            data = b""
        if not data:
            break
        record.append(data)
        try:
            sink.sendall(data)
        except OSError:
            break
    for end, how in ((sink, socket.SHUT_WR), (source, socket.SHUT_RD)):
        try:
            end.shutdown(how)
        except OSError:
            pass


def serve(client, port, folder):
    up, down = [], []
    with client, socket.create_connection(("127.0.0.1", port)) as server:
        thread = threading.Thread(target=relay, args=(server, client, down))
        thread.start()
        relay(client, server, up)
        thread.join()
        with kept:
            for name, record in (("up", up), ("down", down)):
                with open(os.path.join(folder, name), "ab") as file:
                    file.write(b"".join(record))


def main():
    port, folder = int(sys.argv[1]), sys.argv[2]
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        print("listening on 127.0.0.1:%d" % listener.getsockname()[1],
              flush=True)
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client, port, folder),
                             daemon=True).start()


main()
