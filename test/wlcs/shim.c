/*
 * What wlcs (the Wayland Conformance Suite of Mir) loads to drive a display server: it hands everything on, line by line,
 * to the stage that started wlcs (stage.ts), over the Unix socket that FENCEPOST_WLCS_STAGE names. One connection is one
 * display server; each line is answered by one, so that a call returns when the compositor has done what it says.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <wayland-client-core.h>
#include <wlcs/display_server.h>
#include <wlcs/pointer.h>
#include <wlcs/touch.h>

#define MOST_CLIENTS 64
#define MOST_EXTENSIONS 128
#define LINE 8192

struct server {
  WlcsDisplayServer api; /* first: the suite knows a server by this */
  int stage;
  char answer[LINE];
  char wayland[sizeof(((struct sockaddr_un *)0)->sun_path)];
  /* The stage's names of the clients, by the descriptors of their connections. */
  int client_fds[MOST_CLIENTS];
  int client_names[MOST_CLIENTS];
  int clients;
  WlcsExtensionDescriptor extensions[MOST_EXTENSIONS];
  WlcsIntegrationDescriptor descriptor;
};

struct pointer {
  WlcsPointer api;
  struct server *server;
};

struct touch {
  WlcsTouch api;
  struct server *server;
};

static void give_up(char const *what) {
  fprintf(stderr, "wlcs shim: %s: %s\n", what, strerror(errno));
  exit(70);
}

static int connected_to(char const *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) give_up("socket");
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    give_up(path);
  }
  strcpy(address.sun_path, path);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) give_up(path);
  return fd;
}

/* Says a line to the stage and returns its answer, without the end of the line; it is there until the next one. */
static char *ask(struct server *server, char const *format, ...) {
  char line[LINE];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line - 1, format, arguments);
  va_end(arguments);
  line[length++] = '\n';
  for (int sent = 0; sent < length;) {
    ssize_t count = send(server->stage, line + sent, length - sent, MSG_NOSIGNAL);
    if (count < 0 && errno != EINTR) give_up("the stage does not listen");
    if (count > 0) sent += count;
  }
  for (size_t got = 0; got < sizeof server->answer - 1;) {
    ssize_t count = read(server->stage, server->answer + got, sizeof server->answer - 1 - got);
    if (count == 0) errno = EPIPE;
    if (count == 0 || (count < 0 && errno != EINTR)) give_up("the stage does not answer");
    if (count < 0) continue;
    got += count;
    if (server->answer[got - 1] != '\n') continue;
    server->answer[got - 1] = '\0';
    return server->answer;
  }
  errno = EMSGSIZE;
  give_up("an answer of the stage");
  return NULL;
}

static int client_of(struct server *server, int fd) {
  /* From the newest: a number is used again when its connection has been closed. */
  for (int at = server->clients - 1; at >= 0; at--)
    if (server->client_fds[at] == fd) return server->client_names[at];
  return -1;
}

static void start(WlcsDisplayServer *api) { (void)api; }

static void stop(WlcsDisplayServer *api) { ask((struct server *)api, "stop"); }

static int create_client_socket(WlcsDisplayServer *api) {
  struct server *server = (struct server *)api;
  if (server->clients == MOST_CLIENTS) {
    errno = EMFILE;
    return -1;
  }
  int fd = connected_to(server->wayland);
  int at = server->clients++;
  server->client_fds[at] = fd;
  server->client_names[at] = atoi(ask(server, "client"));
  return fd;
}

static void position_window_absolute(WlcsDisplayServer *api, struct wl_display *display, struct wl_surface *surface,
                                     int x, int y) {
  struct server *server = (struct server *)api;
  int client = client_of(server, wl_display_get_fd(display));
  ask(server, "position %d %u %d %d", client, wl_proxy_get_id((struct wl_proxy *)surface), x, y);
}

static WlcsIntegrationDescriptor const *get_descriptor(WlcsDisplayServer const *api) {
  return &((struct server const *)api)->descriptor;
}

static void pointer_move_absolute(WlcsPointer *api, wl_fixed_t x, wl_fixed_t y) {
  ask(((struct pointer *)api)->server, "pointer-to %f %f", wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void pointer_move_relative(WlcsPointer *api, wl_fixed_t dx, wl_fixed_t dy) {
  ask(((struct pointer *)api)->server, "pointer-by %f %f", wl_fixed_to_double(dx), wl_fixed_to_double(dy));
}

static void pointer_button_up(WlcsPointer *api, int button) {
  ask(((struct pointer *)api)->server, "button-up %d", button);
}

static void pointer_button_down(WlcsPointer *api, int button) {
  ask(((struct pointer *)api)->server, "button-down %d", button);
}

static void pointer_destroy(WlcsPointer *api) { free(api); }

static WlcsPointer *create_pointer(WlcsDisplayServer *api) {
  struct pointer *pointer = calloc(1, sizeof *pointer);
  pointer->server = (struct server *)api;
  pointer->api = (WlcsPointer){
      .version = WLCS_POINTER_VERSION,
      .move_absolute = pointer_move_absolute,
      .move_relative = pointer_move_relative,
      .button_up = pointer_button_up,
      .button_down = pointer_button_down,
      .destroy = pointer_destroy,
  };
  return &pointer->api;
}

/* Unlike the pointer's, these are whole pixels, whatever the header calls them. */
static void touch_down(WlcsTouch *api, wl_fixed_t x, wl_fixed_t y) {
  ask(((struct touch *)api)->server, "touch-down %d %d", x, y);
}

static void touch_move(WlcsTouch *api, wl_fixed_t x, wl_fixed_t y) {
  ask(((struct touch *)api)->server, "touch-to %d %d", x, y);
}

static void touch_up(WlcsTouch *api) { ask(((struct touch *)api)->server, "touch-up"); }

static void touch_destroy(WlcsTouch *api) { free(api); }

static WlcsTouch *create_touch(WlcsDisplayServer *api) {
  struct touch *touch = calloc(1, sizeof *touch);
  touch->server = (struct server *)api;
  touch->api = (WlcsTouch){
      .version = WLCS_TOUCH_VERSION,
      .touch_down = touch_down,
      .touch_move = touch_move,
      .touch_up = touch_up,
      .destroy = touch_destroy,
  };
  return &touch->api;
}

/* The answer is `name version name version ...`: what the compositor offers, so that the suite leaves out the rest. */
static void learn_extensions(struct server *server) {
  size_t count = 0;
  char *rest = ask(server, "extensions");
  for (char *name; count < MOST_EXTENSIONS && (name = strsep(&rest, " ")) && rest; count++) {
    server->extensions[count].name = strdup(name);
    server->extensions[count].version = strtoul(strsep(&rest, " "), NULL, 10);
  }
  server->descriptor = (WlcsIntegrationDescriptor){
      .version = WLCS_INTEGRATION_DESCRIPTOR_VERSION,
      .num_extensions = count,
      .supported_extensions = server->extensions,
  };
}

static WlcsDisplayServer *create_server(int argc, char const **argv) {
  (void)argc;
  (void)argv;
  char const *stage = getenv("FENCEPOST_WLCS_STAGE");
  if (!stage) {
    errno = EINVAL;
    give_up("FENCEPOST_WLCS_STAGE is not set; run wlcs by `npm run wlcs`");
  }
  struct server *server = calloc(1, sizeof *server);
  server->api = (WlcsDisplayServer){
      .version = WLCS_DISPLAY_SERVER_VERSION,
      .start = start,
      .stop = stop,
      .create_client_socket = create_client_socket,
      .position_window_absolute = position_window_absolute,
      .create_pointer = create_pointer,
      .create_touch = create_touch,
      .get_descriptor = get_descriptor,
  };
  server->stage = connected_to(stage);
  snprintf(server->wayland, sizeof server->wayland, "%s", ask(server, "start"));
  learn_extensions(server);
  return &server->api;
}

static void destroy_server(WlcsDisplayServer *api) {
  struct server *server = (struct server *)api;
  close(server->stage);
  for (size_t at = 0; at < server->descriptor.num_extensions; at++) free((char *)server->extensions[at].name);
  free(server);
}

WlcsServerIntegration const wlcs_server_integration = {
    .version = WLCS_SERVER_INTEGRATION_VERSION,
    .create_server = create_server,
    .destroy_server = destroy_server,
};
