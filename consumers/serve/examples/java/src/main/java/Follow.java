import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cloudevents.CloudEvent;
import io.cloudevents.jackson.JsonFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.sse.EventSource;
import okhttp3.sse.EventSourceListener;
import okhttp3.sse.EventSources;

/** Keeps a local copy of the directory: the snapshot, then the changes, as server-sent events.
 *
 *  <pre>Follow http://localhost:8080 copy.json [LAST-ID-TO-STOP-AT]</pre> */
public class Follow extends EventSourceListener {
    static final ObjectMapper JSON = new ObjectMapper();
    static final JsonFormat EVENTS = new JsonFormat();
    static final Set<String> PLAIN = Set.of("gov", "enterprise"); // these codes are keys without their scheme
    // The server says something every 15 s: a silence of 40 s is a lost connection.
    static final OkHttpClient HTTP = new OkHttpClient.Builder().readTimeout(Duration.ofSeconds(40)).build();

    final String base;
    final Path path;
    final String last;
    ObjectNode copy;
    CompletableFuture<Void> ended;

    Follow(String base, Path path, String last) throws IOException {
        this.base = base;
        this.path = path;
        this.last = last;
        copy = Files.exists(path) ? (ObjectNode) JSON.readTree(path.toFile()) : snapshot();
        save();
    }

    ObjectNode snapshot() throws IOException {
        var request = new Request.Builder().url(base + "/v1/snapshots/latest").header("Accept", "application/x-ndjson").build();
        try (Response answer = HTTP.newCall(request).execute()) {
            if (!answer.isSuccessful())
                throw new IOException(answer.code() + " " + answer.body().string());
            var lines = answer.body().source();
            var made = JSON.createObjectNode().put("id", JSON.readTree(lines.readUtf8Line()).at("/asOf/id").asText());
            var records = made.putObject("records");
            for (String line; (line = lines.readUtf8Line()) != null;) {
                JsonNode record = JSON.readTree(line);
                String code = record.path("code").asText(), scheme = record.path("scheme").asText();
                records.set(PLAIN.contains(scheme) ? code : scheme + ":" + code, record);
            }
            return made;
        }
    }

    /** Records and place together: after a crash neither is ahead of the other. */
    void save() throws IOException {
        Path made = Path.of(path + ".new");
        JSON.writeValue(made.toFile(), copy);
        Files.move(made, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    void take(String text) throws IOException {
        CloudEvent event = EVENTS.deserialize(text.getBytes(StandardCharsets.UTF_8));
        if (event.getId().compareTo(id()) <= 0)
            return; // known: a repeat changes nothing
        JsonNode record = JSON.readTree(event.getData().toBytes()).path("record");
        if (record.isObject() && !event.getSubject().startsWith("scheme:"))
            ((ObjectNode) copy.get("records")).set(event.getSubject(), record);
        copy.put("id", event.getId());
    }

    String id() { return copy.get("id").asText(); }

    boolean done() { return last != null && id().compareTo(last) >= 0; }

    @Override
    public void onEvent(EventSource source, String id, String type, String data) {
        try {
            if ("change".equals(type))
                take(data);
            else if ("reset".equals(type)) { // another epoch: begin again
                copy = snapshot();
                source.cancel();
            } else
                return;
            save();
        } catch (IOException error) {
            System.err.println(error);
            source.cancel();
        }
        if (done())
            source.cancel();
    }

    @Override
    public void onClosed(EventSource source) { ended.complete(null); }

    @Override
    public void onFailure(EventSource source, Throwable error, Response answer) { ended.complete(null); }

    void run() throws Exception {
        while (!done()) {
            ended = new CompletableFuture<>();
            var request = new Request.Builder().url(base + "/v1/changes/stream").header("Last-Event-ID", id()).build();
            EventSources.createFactory(HTTP).newEventSource(request, this);
            ended.get();
            if (!done())
                TimeUnit.SECONDS.sleep(1); // and again, where it was
        }
    }

    public static void main(String[] args) throws Exception {
        new Follow(args[0], Path.of(args[1]), args.length > 2 ? args[2] : null).run();
        HTTP.dispatcher().executorService().shutdown();
        HTTP.connectionPool().evictAll();
    }
}
