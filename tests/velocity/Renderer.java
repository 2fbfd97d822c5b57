import com.google.gson.Gson;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.lang.StringEscapeUtils;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.app.VelocityEngine;
import org.apache.velocity.runtime.log.NullLogChute;

/**
 * Renders each mapping template with each request in Apache Velocity: JSON from standard input to standard output.
 * $input and $util have what our templates use, as the API Gateway guide describes it.
 */
public class Renderer {
  private static final Gson JSON = new Gson();

  public static void main(String[] arguments) throws Exception {
    VelocityEngine engine = new VelocityEngine();
    engine.setProperty("runtime.log.logsystem", new NullLogChute());
    engine.init();
    Task task = JSON.fromJson(new InputStreamReader(System.in, StandardCharsets.UTF_8), Task.class);
    List<Rendered> results = new ArrayList<>();
    for (String template : task.templates) {
      for (Request request : task.requests) {
        results.add(render(engine, template, request));
      }
    }
    try (Writer output = new OutputStreamWriter(System.out, StandardCharsets.UTF_8)) {
      JSON.toJson(results, output);
    }
  }

  private static Rendered render(VelocityEngine engine, String template, Request request) {
    Overrides header = new Overrides();
    Overrides response = new Overrides();
    response.put("header", header);
    VelocityContext variables = new VelocityContext();
    variables.put("input", new Input(request));
    variables.put("util", new Util());
    variables.put("context", Map.of(
        "requestId", request.request_id,
        "authorizer", Map.of("claims", Map.of("sub", request.sub)),
        "responseOverride", response));
    StringWriter text = new StringWriter();
    engine.evaluate(variables, text, "template", template);
    return new Rendered(text.toString(), response.get("status"), header);
  }

  private record Task(List<String> templates, List<Request> requests) {}

  private record Request(String body, String sub, String photo_id, Map<String, String> headers, String request_id) {}

  private record Rendered(String text, Object status, Map<String, Object> header) {}

  /** Overrides, each of which is set at most once. */
  public static class Overrides extends HashMap<String, Object> {
    @Override
    public Object put(String name, Object value) {
      if (containsKey(name)) {
        throw new IllegalStateException(name + " is overridden twice");
      }
      return super.put(name, value);
    }
  }

  public static class Input {
    private final Request request;

    Input(Request request) {
      this.request = request;
    }

    public Map<String, Map<String, String>> params() {
      return Map.of("path", Map.of("photo_id", request.photo_id()), "header", request.headers());
    }

    /** The value at a JSONPath of one name: our templates have no other. */
    public Object path(String path) {
      return path.startsWith("$.") ? JSON.fromJson(request.body(), Map.class).get(path.substring(2)) : null;
    }

    public String json(String path) {
      return path.equals("$") ? request.body() : null;
    }
  }

  public static class Util {
    public String escapeJavaScript(String text) {
      return StringEscapeUtils.escapeJavaScript(text);
    }

    public Object parseJson(String text) {
      return JSON.fromJson(text, Object.class);
    }
  }
}
