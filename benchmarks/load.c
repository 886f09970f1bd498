/* The load that `make bench` puts on Coffer: requests over HTTP/1.1, or subscribers over WebSocket.
 *
 *   load requests  port=P request=FILE draws=FILE connections=N warmup=S seconds=S
 *                  expect=TEXT times=N acknowledged=FILE [rate=R] [seed=N]
 *   load subscribe port=P handshake=FILE init=FILE subscribe=FILE draws=FILE connections=N
 *
 * One thread, epoll, loopback. A request is a template: the bytes as they are sent, with places
 * that are filled in anew each time, always to the same width, so that its length never changes:
 *
 *   {{n}}  the item's number, ten digits, never the same again
 *   {{a}}  the first column of a line of `draws`; {{b}} the second (columns stand between tabs)
 *   {{+}}  nothing: from here on it is another item, with another number and another line
 *
 * Lines are drawn at random, by requests; the n-th subscriber has the n-th line. All lines of a
 * column are equally long.
 *
 * Without a rate the loop is closed: each connection asks again once it is answered. With a rate
 * it is open: requests fall due at random moments (a Poisson process), whatever the server does,
 * and the latency of one counts from when it was due, not from when a connection was free for it.
 *
 * An answer acknowledges its request when its status is 200 and it holds `expect` exactly `times`
 * times; anything else is a failure. The number of each acknowledged request's first item goes to
 * the file `acknowledged`. The warm-up counts for that, and for nothing else.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { NUMBER_WIDTH = 10, COLUMNS = 2, EVENTS = 256, OPENING = 64, PATIENCE_S = 60 };

static void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static void *need(void *memory) {
    if (!memory) die("out of memory");
    return memory;
}

static int64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static double cpu_s(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* xorshift64*: where the draws come from; the same seed gives the same ones. */
static uint64_t random_state = 1;

static uint64_t random_bits(void) {
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 2685821657736338717ULL;
}

/* Options, as name=value. */

static char **options;

static const char *option(const char *name, const char *otherwise) {
    size_t length = strlen(name);
    for (char **given = options; *given; given++)
        if (!strncmp(*given, name, length) && (*given)[length] == '=') return *given + length + 1;
    if (!otherwise) die("say %s=", name);
    return otherwise;
}

static double figure(const char *name, const char *otherwise) { return atof(option(name, otherwise)); }

/* Files, and the lines that items draw from. */

static char *file_content(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (!file) die("%s: %s", path, strerror(errno));
    char *content = NULL;
    *length = 0;
    for (size_t got = 1; got;) {
        content = need(realloc(content, *length + 65537));
        got = fread(content + *length, 1, 65536, file);
        *length += got;
    }
    content[*length] = 0;
    fclose(file);
    return content;
}

static char *lines;
static size_t line_count, line_width, column_at[COLUMNS], column_width[COLUMNS];

static void read_draws(const char *path) {
    size_t length, column = 0, from = 0;
    lines = file_content(path, &length);
    line_width = strcspn(lines, "\n") + 1;
    if (length % line_width) die("%s: its lines are not equally long", path);
    line_count = length / line_width;
    for (size_t at = 0; at < line_width && column < COLUMNS; at++)
        if (lines[at] == '\t' || lines[at] == '\n') {
            column_at[column] = from;
            column_width[column++] = at - from;
            from = at + 1;
        }
}

/* Templates. */

typedef struct {
    size_t at;
    char kind;
} Place;

typedef struct {
    char *bytes;
    size_t length, items, place_count;
    Place *places;
} Template;

static Template read_template(const char *path) {
    size_t length;
    char *text = file_content(path, &length);
    size_t most = length / 5 + 1, widest = NUMBER_WIDTH + column_width[0] + column_width[1];
    Template made = {.bytes = need(malloc(length + most * widest)), .items = 1};
    made.places = need(malloc(most * sizeof(Place)));
    for (size_t at = 0; at < length;) {
        if (at + 5 > length || text[at] != '{' || text[at + 1] != '{' || text[at + 3] != '}') {
            made.bytes[made.length++] = text[at++];
            continue;
        }
        char kind = text[at + 2];
        if (!strchr("nab+", kind)) die("%s: there is no {{%c}}", path, kind);
        made.places[made.place_count++] = (Place){made.length, kind};
        if (kind == '+') made.items++;
        else made.length += kind == 'n' ? NUMBER_WIDTH : column_width[kind - 'a'];
        at += 5;
    }
    free(text);
    return made;
}

/* Fill the places of a copy of the template; numbers begin with `number`. */
static void fill(const Template *template, char *copy, uint64_t number, const char *line) {
    for (size_t index = 0; index < template->place_count; index++) {
        Place place = template->places[index];
        if (place.kind == '+') {
            number++;
            line = lines + random_bits() % line_count * line_width;
        } else if (place.kind == 'n') {
            uint64_t rest = number;
            for (int digit = NUMBER_WIDTH; digit--; rest /= 10)
                copy[place.at + digit] = '0' + rest % 10;
        } else {
            size_t column = place.kind - 'a';
            memcpy(copy + place.at, line + column_at[column], column_width[column]);
        }
    }
}

/* Connections: what one has yet to send, and what has arrived. */

typedef struct {
    int fd, stage;
    bool busy, blocked;
    char *out, *in;
    size_t out_length, out_room, sent, in_length, in_room;
    uint64_t number;
    int64_t due_ns;
    uint64_t heard;
} Connection;

static int poll_fd;

static void open_connection(Connection *connection, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = connection->fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
        die("cannot connect: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event)) die("epoll: %s", strerror(errno));
}

/* A server closes a connection on which nothing was asked for half a minute. */
static void open_again(Connection *connection, int port) {
    static const char late[] = "HTTP/1.1 408 ";
    char told[sizeof late - 1];
    ssize_t got = recv(connection->fd, told, sizeof told, 0);
    if (got && (got != sizeof told || memcmp(told, late, sizeof told)))
        die("an answer that nobody asked for");
    close(connection->fd);
    open_connection(connection, port);
}

static void wait_for(Connection *connection, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = connection};
    epoll_ctl(poll_fd, EPOLL_CTL_MOD, connection->fd, &event);
}

/* Send what there is; what the socket does not take now is sent when it can be. */
static void flush(Connection *connection) {
    while (connection->sent < connection->out_length) {
        ssize_t taken = send(connection->fd, connection->out + connection->sent,
                             connection->out_length - connection->sent, MSG_NOSIGNAL);
        if (taken < 0 && errno == EAGAIN) {
            if (!connection->blocked) wait_for(connection, EPOLLIN | EPOLLOUT);
            connection->blocked = true;
            return;
        }
        if (taken < 0) die("cannot send: %s", strerror(errno));
        connection->sent += taken;
    }
    if (connection->blocked) wait_for(connection, EPOLLIN);
    connection->blocked = false;
    connection->sent = connection->out_length = 0;
}

static void queue(Connection *connection, const void *bytes, size_t length) {
    if (connection->out_length + length > connection->out_room) {
        connection->out_room = connection->out_length + length;
        connection->out = need(realloc(connection->out, connection->out_room));
    }
    memcpy(connection->out + connection->out_length, bytes, length);
    connection->out_length += length;
}

/* Read what is there, and keep a zero behind it. */
static void receive(Connection *connection) {
    for (;;) {
        if (connection->in_room - connection->in_length < 2048) {
            connection->in_room = connection->in_room * 2 + 4096;
            connection->in = need(realloc(connection->in, connection->in_room));
        }
        size_t room = connection->in_room - connection->in_length - 1;
        ssize_t got = recv(connection->fd, connection->in + connection->in_length, room, 0);
        if (got == 0) die("the server closed a connection");
        if (got < 0 && errno != EAGAIN) die("cannot receive: %s", strerror(errno));
        if (got > 0) connection->in_length += got;
        connection->in[connection->in_length] = 0;
        if (got < (ssize_t)room) return;
    }
}

static void forget(Connection *connection, size_t length) {
    connection->in_length -= length;
    memmove(connection->in, connection->in + length, connection->in_length + 1);
}

/* Requests. */

typedef struct {
    uint64_t sent, answered, failed;
    char first_failure[1024];
    uint32_t *latencies_us;
    size_t latency_count, latency_room;
} Tally;

static int by_size(const void *one, const void *other) {
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

static double quantile_ms(const Tally *tally, double share) {
    if (!tally->latency_count) return 0;
    size_t rank = (size_t)ceil(share * tally->latency_count);
    return tally->latencies_us[rank ? rank - 1 : 0] / 1000.0;
}

/* The length of the whole answer once it is there, otherwise 0. */
static size_t answer_length(const Connection *connection, const char **body) {
    if (!connection->in_length) return 0;
    char *end = memmem(connection->in, connection->in_length, "\r\n\r\n", 4);
    if (!end) return 0;
    char *field = strcasestr(connection->in, "\r\ncontent-length:");
    if (!field || field > end) die("an answer without content-length");
    *body = end + 4;
    size_t length = (*body - connection->in) + strtoul(field + 17, NULL, 10);
    return connection->in_length >= length ? length : 0;
}

static int times_found(const char *text, const char *end, const char *wanted) {
    int found = 0;
    size_t length = strlen(wanted);
    while ((text = memmem(text, end - text, wanted, length))) {
        found++;
        text += length;
    }
    return found;
}

static int64_t next_gap_ns(double rate) {
    double uniform = (random_bits() >> 11) / 9007199254740992.0;
    return (int64_t)(-log(1 - uniform) / rate * 1e9);
}

static void run_requests(void) {
    int port = figure("port", NULL), count = figure("connections", NULL);
    int wanted = figure("times", NULL);
    const char *expect = option("expect", NULL);
    double rate = figure("rate", "0");
    read_draws(option("draws", NULL));
    Template template = read_template(option("request", NULL));
    FILE *acknowledged = fopen(option("acknowledged", NULL), "w");
    if (!acknowledged) die("cannot write what is acknowledged: %s", strerror(errno));
    Connection *connections = need(calloc(count, sizeof *connections));
    Connection **idle = need(malloc(count * sizeof *idle));
    int idle_count = 0;
    for (int index = 0; index < count; index++) {
        Connection *connection = idle[idle_count++] = &connections[index];
        open_connection(connection, port);
        queue(connection, template.bytes, template.length);
        connection->out_length = 0;
    }
    Tally tally = {0};
    uint64_t number = 0;
    int64_t begin_ns = now_ns() + (int64_t)(figure("warmup", NULL) * 1e9);
    int64_t end_ns = begin_ns + (int64_t)(figure("seconds", NULL) * 1e9);
    int64_t due_ns = now_ns();
    double cpu_at_begin_s = 0, cpu_used_s = 0;
    bool begun = false, ended = false;
    while (!ended || idle_count < count || (rate && due_ns < end_ns)) {
        int64_t now = now_ns();
        if (!begun && now >= begin_ns) {
            begun = true;
            cpu_at_begin_s = cpu_s();
            puts("begin");
        }
        if (!ended && now >= end_ns) {
            ended = true;
            cpu_used_s = cpu_s() - cpu_at_begin_s;
            puts("end");
        }
        if (now > end_ns + PATIENCE_S * 1000000000LL) die("answers are missing");
        while (idle_count && (rate ? due_ns < end_ns && due_ns <= now : !ended)) {
            Connection *connection = idle[--idle_count];
            connection->due_ns = rate ? due_ns : now;
            if (rate) due_ns += next_gap_ns(rate);
            connection->busy = true;
            connection->number = number;
            fill(&template, connection->out, number, lines + random_bits() % line_count * line_width);
            number += template.items;
            connection->out_length = template.length;
            tally.sent++;
            flush(connection);
        }
        int64_t until_ns = !begun ? begin_ns : ended ? now + 100000000 : end_ns;
        if (rate && idle_count && due_ns < until_ns) until_ns = due_ns;
        int wait_ms = until_ns <= now ? 0 : (until_ns - now) / 1000000 + 1;
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(poll_fd, events, EVENTS, wait_ms);
        for (int index = 0; index < ready; index++) {
            Connection *connection = events[index].data.ptr;
            if (events[index].events & EPOLLOUT) flush(connection);
            if (!(events[index].events & ~EPOLLOUT)) continue;
            if (!connection->busy) {
                open_again(connection, port);
                continue;
            }
            receive(connection);
            const char *body;
            size_t length = answer_length(connection, &body);
            if (!length) continue;
            int64_t answered_ns = now_ns();
            bool good = !strncmp(connection->in, "HTTP/1.1 200 ", 13) &&
                        times_found(body, connection->in + length, expect) == wanted;
            if (good) {
                fprintf(acknowledged, "%llu\n", (unsigned long long)connection->number);
            } else if (!tally.failed++) {
                snprintf(tally.first_failure, sizeof tally.first_failure, "%s", connection->in);
            }
            if (answered_ns >= begin_ns && answered_ns < end_ns && good) tally.answered++;
            if (connection->due_ns >= begin_ns && connection->due_ns < end_ns) {
                if (tally.latency_count == tally.latency_room) {
                    tally.latency_room = tally.latency_room * 2 + 65536;
                    tally.latencies_us = need(realloc(tally.latencies_us, tally.latency_room * 4));
                }
                int64_t latency_us = (answered_ns - connection->due_ns) / 1000;
                tally.latencies_us[tally.latency_count++] = latency_us;
            }
            forget(connection, length);
            connection->busy = false;
            idle[idle_count++] = connection;
        }
    }
    if (fclose(acknowledged)) die("cannot write what is acknowledged: %s", strerror(errno));
    if (tally.failed) fprintf(stderr, "%s\n", tally.first_failure);
    if (tally.latency_count)
        qsort(tally.latencies_us, tally.latency_count, sizeof(uint32_t), by_size);
    printf("{\"sent\": %llu, \"answered\": %llu, \"failed\": %llu, \"cpu_s\": %.3f, "
           "\"p50_ms\": %.3f, \"p90_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, "
           "\"max_ms\": %.3f}\n",
           (unsigned long long)tally.sent, (unsigned long long)tally.answered,
           (unsigned long long)tally.failed, cpu_used_s, quantile_ms(&tally, 0.5),
           quantile_ms(&tally, 0.9), quantile_ms(&tally, 0.99), quantile_ms(&tally, 0.999),
           quantile_ms(&tally, 1));
}

/* Subscribers: graphql-transport-ws. Every frame is masked with zeros, which changes nothing. */

enum { UPGRADING = 1, INITIALISING, SUBSCRIBED, TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };

static void queue_frame(Connection *connection, int kind, const char *payload, size_t length) {
    uint8_t head[8] = {0x80 | kind};
    size_t used = 2;
    if (length > 65535) die("a message that is too long");
    if (length < 126) {
        head[1] = 0x80 | length;
    } else {
        head[1] = 0x80 | 126;
        head[2] = length >> 8;
        head[3] = length & 255;
        used = 4;
    }
    memset(head + used, 0, 4);
    queue(connection, head, used + 4);
    queue(connection, payload, length);
}

static void send_filled(Connection *connection, const Template *template, bool framed) {
    char *copy = need(malloc(template->length));
    memcpy(copy, template->bytes, template->length);
    fill(template, copy, connection->number, lines + connection->number % line_count * line_width);
    if (framed) queue_frame(connection, TEXT, copy, template->length);
    else queue(connection, copy, template->length);
    flush(connection);
    free(copy);
}

/* The length of the frame at the front once it is all there, otherwise 0. */
static size_t frame_length(const Connection *connection, size_t *payload_at) {
    const uint8_t *in = (uint8_t *)connection->in;
    if (connection->in_length < 2) return 0;
    uint64_t length = in[1] & 127;
    *payload_at = length < 126 ? 2 : length == 126 ? 4 : 10;
    if (connection->in_length < *payload_at) return 0;
    if (*payload_at > 2) {
        length = 0;
        for (size_t at = 2; at < *payload_at; at++) length = length << 8 | in[at];
    }
    return connection->in_length >= *payload_at + length ? *payload_at + length : 0;
}

static void run_subscribers(void) {
    int port = figure("port", NULL), count = figure("connections", NULL);
    read_draws(option("draws", NULL));
    Template handshake = read_template(option("handshake", NULL));
    Template init = read_template(option("init", NULL));
    Template subscribe = read_template(option("subscribe", NULL));
    Connection *connections = need(calloc(count, sizeof *connections));
    int opened = 0, subscribed = 0, reached = 0;
    uint64_t event_number = 0;
    int64_t first_ns = 0;
    struct epoll_event on_stdin = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &on_stdin)) die("stdin must be a pipe");
    for (;;) {
        while (opened < count && opened - subscribed < OPENING) {
            Connection *connection = &connections[opened];
            connection->number = opened++;
            connection->stage = UPGRADING;
            open_connection(connection, port);
            send_filled(connection, &handshake, false);
        }
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(poll_fd, events, EVENTS, -1);
        for (int index = 0; index < ready; index++) {
            Connection *connection = events[index].data.ptr;
            if (!connection) return; /* whoever started us has closed our input */
            if (events[index].events & EPOLLOUT) flush(connection);
            if (!(events[index].events & ~EPOLLOUT)) continue;
            receive(connection);
            if (connection->stage == UPGRADING) {
                char *end = strstr(connection->in, "\r\n\r\n");
                if (!end) continue;
                if (strncmp(connection->in, "HTTP/1.1 101 ", 13)) die("%s", connection->in);
                forget(connection, end + 4 - connection->in);
                connection->stage = INITIALISING;
                send_filled(connection, &init, true);
            }
            for (size_t at, length; (length = frame_length(connection, &at));) {
                int kind = connection->in[0] & 15;
                char *payload = connection->in + at, after = connection->in[length];
                connection->in[length] = 0;
                if (kind == CLOSE) die("a socket was closed: %s", length > at + 2 ? payload + 2 : "");
                if (kind == PING) queue_frame(connection, PONG, payload, length - at);
                if (kind == TEXT && strstr(payload, "\"type\":\"connection_ack\"")) {
                    connection->stage = SUBSCRIBED;
                    send_filled(connection, &subscribe, true);
                    if (++subscribed == count) puts("subscribed");
                } else if (kind == TEXT && strstr(payload, "\"type\":\"next\"")) {
                    if (strstr(payload, "\"errors\"")) die("%s", payload);
                    int64_t arrived_ns = now_ns();
                    if (++connection->heard == event_number + 1 && !reached++) first_ns = arrived_ns;
                    if (reached == count) {
                        printf("event %lld %lld\n", (long long)first_ns, (long long)arrived_ns);
                        event_number++;
                        reached = 0;
                    }
                } else if (kind == TEXT && strstr(payload, "\"type\":\"ping\"")) {
                    queue_frame(connection, TEXT, "{\"type\":\"pong\"}", 15);
                } else if (kind == TEXT) {
                    die("%s", payload);
                }
                connection->in[length] = after;
                forget(connection, length);
            }
            flush(connection);
        }
    }
}

int main(int count, char **arguments) {
    if (count < 2) die("say what: requests or subscribe");
    options = arguments + 2;
    random_state = (uint64_t)figure("seed", "1") * 2654435769ULL + 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    poll_fd = epoll_create1(0);
    if (!strcmp(arguments[1], "requests")) run_requests();
    else if (!strcmp(arguments[1], "subscribe")) run_subscribers();
    else die("say what: requests or subscribe");
    return 0;
}
