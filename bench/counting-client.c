/*
 * Many listeners in one process that costs next to nothing: it connects, subscribes, and counts frames by
 * their headers alone.
 *
 *   counting-client PORT MESSAGES FRAMES MIN_BYTES [deaf]
 *
 * MESSAGES is a file with a `subscribe` message of graphql-transport-ws in each line, one for each
 * listener. It writes "ready" when the server has answered all of them, and when FRAMES frames of at
 * least MIN_BYTES have come, "done" with the time in milliseconds since 1970; then it stays connected
 * until its standard input ends. It ends with an error when nothing comes for a minute.
 *
 * Each line of its input is the time at which something was sent, 0 for what doesn't count; a "." ends
 * them. All listeners are taken to have been sent all of it in that order, and it writes "late" with how
 * many milliseconds each frame took to come: the median, the 99th percentile and the most. A deaf client
 * reads nothing once it has subscribed.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_MS 60000
#define SHORT 125
#define MAX_HEADER 10

static const char UPGRADE[] =
    "GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n";

struct listener {
  int fd;
  unsigned char header[MAX_HEADER];
  int header_bytes;
  /* Of the present frame's payload, still to come. */
  unsigned long left;
  unsigned long payload;
  /* When each frame of at least MIN_BYTES had come, in milliseconds since 1970. */
  double *arrivals;
  long arrived, arrivals_room;
};

static char buffer[1 << 20];
static long small_frames, frames, min_bytes;
/* When what is being looked at was read. */
static double now_ms;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

/* A client must mask; a mask of zeros leaves the text as it is. */
static void send_text(int fd, const char *text, size_t bytes) {
  unsigned char frame[1 << 16];
  if (bytes > sizeof frame - 8) fail("too long a message");
  unsigned char header[8] = {0x81, 0x80 | 126, bytes >> 8, bytes & 0xff, 0, 0, 0, 0};
  memcpy(frame, header, 8);
  memcpy(frame + 8, text, bytes);
  if (write(fd, frame, bytes + 8) != (ssize_t)(bytes + 8)) fail("write");
}

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static int connected(int port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (void *)&address, sizeof address)) fail("connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  int length = snprintf(buffer, sizeof buffer, UPGRADE, port);
  if (write(fd, buffer, length) != length) fail("write");
  size_t got = 0;
  while (!memmem(buffer, got, "\r\n\r\n", 4)) {
    ssize_t bytes = read(fd, buffer + got, 4096);
    if (bytes <= 0) fail("no WebSocket");
    got += bytes;
  }
  if (strncmp(buffer, "HTTP/1.1 101", 12)) fail("no WebSocket");
  return fd;
}

static void count(struct listener *one) {
  if ((one->header[0] & 0x0f) == 0x8) fail("closed by the server");
  if (one->payload < (unsigned long)min_bytes) {
    small_frames++;
    return;
  }
  frames++;
  if (one->arrived == one->arrivals_room) {
    one->arrivals_room = one->arrivals_room ? one->arrivals_room * 2 : 64;
    one->arrivals = realloc(one->arrivals, one->arrivals_room * sizeof *one->arrivals);
    if (!one->arrivals) fail("out of memory");
  }
  one->arrivals[one->arrived++] = now_ms;
}

static int header_length(const struct listener *one) {
  if (one->header_bytes < 2 || one->header[1] <= SHORT) return 2;
  return one->header[1] == 126 ? 4 : 10;
}

static unsigned long payload_length(const struct listener *one) {
  if (one->header[1] <= SHORT) return one->header[1];
  unsigned long length = 0;
  for (int at = 2; at < header_length(one); at++) length = length << 8 | one->header[at];
  return length;
}

/* A frame counts when all of it has come. */
static void take(struct listener *one, const unsigned char *bytes, size_t length) {
  size_t at = 0;
  while (at < length) {
    if (one->left > 0) {
      size_t here = length - at < one->left ? length - at : one->left;
      at += here;
      one->left -= here;
      if (one->left == 0) count(one);
      continue;
    }
    one->header[one->header_bytes++] = bytes[at++];
    if (one->header_bytes < header_length(one)) continue;
    one->left = one->payload = payload_length(one);
    one->header_bytes = 0;
  }
}

/* Until so many frames of either kind have come. */
static void receive(int poll, long small_wanted, long wanted) {
  struct epoll_event events[512];
  while (small_frames < small_wanted || frames < wanted) {
    int ready = epoll_wait(poll, events, 512, TIMEOUT_MS);
    if (ready <= 0) {
      fprintf(stderr, "nothing comes any more after %ld of %ld frames\n", frames, wanted);
      exit(1);
    }
    for (int index = 0; index < ready; index++) {
      struct listener *one = events[index].data.ptr;
      ssize_t bytes = read(one->fd, buffer, sizeof buffer);
      if (bytes <= 0) fail("the connection ended");
      now_ms = milliseconds();
      take(one, (unsigned char *)buffer, bytes);
    }
  }
}

static int ascending(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return (difference > 0) - (difference < 0);
}

/* Of everything that counts, with the times at which it was sent. */
static void tell_lateness(struct listener **all, long listeners, const double *sent, long sendings) {
  double *late = malloc(listeners * sendings * sizeof *late);
  if (!late) fail("out of memory");
  long known = 0;
  for (long which = 0; which < listeners; which++)
    for (long frame = 0; frame < sendings && frame < all[which]->arrived; frame++)
      if (sent[frame] > 0) late[known++] = all[which]->arrivals[frame] - sent[frame];
  if (known == 0) fail("nothing counts");
  qsort(late, known, sizeof *late, ascending);
  printf("late %.3f %.3f %.3f\n", late[known / 2], late[known * 99 / 100], late[known - 1]);
  fflush(stdout);
  free(late);
}

/* Until its input ends, with an answer to each list of times. */
static void answer(struct listener **all, long listeners) {
  char *line = NULL;
  size_t room = 0;
  double *sent = NULL;
  long sendings = 0;
  while (getline(&line, &room, stdin) > 0) {
    if (line[0] == '.') {
      tell_lateness(all, listeners, sent, sendings);
      sendings = 0;
      continue;
    }
    sent = realloc(sent, (sendings + 1) * sizeof *sent);
    if (!sent) fail("out of memory");
    sent[sendings++] = atof(line);
  }
}

int main(int count_of_arguments, char **arguments) {
  if (count_of_arguments < 5 || count_of_arguments > 6) return 2;
  int is_deaf = count_of_arguments == 6;
  FILE *messages = fopen(arguments[2], "r");
  if (!messages) fail(arguments[2]);
  min_bytes = atol(arguments[4]);
  int poll = epoll_create1(0);
  char *line = NULL;
  size_t room = 0;
  ssize_t length;
  long listeners = 0;
  struct listener **all = NULL;
  while ((length = getline(&line, &room, messages)) > 0) {
    if (line[length - 1] == '\n') length--;
    struct listener *one = calloc(1, sizeof *one);
    one->fd = connected(atoi(arguments[1]));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, one->fd, &event)) fail("epoll");
    send_text(one->fd, "{\"type\":\"connection_init\"}", 26);
    receive(poll, ++listeners * 2 - 1, 0);
    send_text(one->fd, line, length);
    /* What is asked later is answered later. */
    send_text(one->fd, "{\"type\":\"ping\"}", 15);
    receive(poll, listeners * 2, 0);
    all = realloc(all, listeners * sizeof *all);
    if (!all) fail("out of memory");
    all[listeners - 1] = one;
  }
  puts("ready");
  fflush(stdout);
  if (!is_deaf) {
    receive(poll, 0, atol(arguments[3]));
    printf("done %.3f\n", milliseconds());
    fflush(stdout);
  }
  answer(all, listeners);
  return 0;
}
