"""What serving itself counts: connections, and the processes that take them."""

from services.figures import Figure, FigureKind

CONNECTIONS = Figure(
    "coffer_connections_open",
    FigureKind.GAUGE,
    "Connections that the process serves, of HTTP and WebSocket.",
    "far apart between processes: they are spread evenly unless one is stuck",
)
SOCKETS = Figure("coffer_sockets_open", FigureKind.GAUGE, "WebSockets among them.")
SOCKET_OPERATIONS = Figure(
    "coffer_socket_operations_running",
    FigureKind.GAUGE,
    "Queries and subscriptions that run on WebSockets.",
)
PROCESSES_WANTED = Figure(
    "coffer_server_processes_wanted", FigureKind.GAUGE, "Server processes that were asked for."
)
PROCESSES_SERVING = Figure(
    "coffer_server_processes_serving",
    FigureKind.GAUGE,
    "Server processes that take connections.",
    "below those that were asked for, for a minute",
)
PROCESSES_SILENT = Figure(
    "coffer_server_processes_silent",
    FigureKind.GAUGE,
    "Server processes that did not give their figures in time: they are stuck.",
    "above 0 for a minute",
)
PROCESSES_ENDED = Figure(
    "coffer_server_processes_ended_total",
    FigureKind.COUNTER,
    "Server processes that ended by themselves and were replaced.",
    "rising",
)
CONNECTIONS_WAITING = Figure(
    "coffer_connections_waiting",
    FigureKind.GAUGE,
    "Connections that no process could take yet.",
    "above 0 for a minute",
)

OF_SERVER = (CONNECTIONS, SOCKETS, SOCKET_OPERATIONS)
OF_PARENT = (
    PROCESSES_WANTED,
    PROCESSES_SERVING,
    PROCESSES_SILENT,
    PROCESSES_ENDED,
    CONNECTIONS_WAITING,
)
