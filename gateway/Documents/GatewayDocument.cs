using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Gateway.Decisions;
using PmOrleans.Gateway.Http;

namespace PmOrleans.Gateway.Documents;

/// <summary>The OpenAPI document: what the endpoints declare, and what hand-read bodies, ids and headers cannot declare themselves.</summary>
internal static class GatewayDocument
{
    private const string KeyScheme = "key";
    private const string VersionTag = "The version, as If-Match takes it.";
    private const string LiveTag = "The live version, as If-Match takes it.";
    private const string DraftTag = "The state of the draft, as If-Match takes it.";

    private static readonly (string Method, string Path, string Status, string Name, string Description)[] AnswerHeaders =
    [
        ("POST", "/v1/decisions", "200", DecisionHandler.RepeatedHeader, "true: the answer of an earlier request with this decisionId; left out otherwise."),
        ("POST", "/v1/decisions", "200", RoutingHint.Header, "In a cluster: the silo that has the customer, whose gateway saves a hop."),
        ("GET", "/v1/catalog", "200", "ETag", VersionTag),
        ("GET", "/v1/catalog", "200", "Last-Modified", "When it was published."),
        ("GET", "/v1/catalog", "200", "Catalog-State", "ready, or building with the percentage of customers that are folded with it."),
        ("GET", "/v1/catalog", "304", "ETag", VersionTag),
        ("GET", "/v1/catalog/versions/{version:int}", "200", "ETag", VersionTag),
        ("GET", "/v1/catalog/versions/{version:int}", "200", "Last-Modified", "When it was published."),
        ("PUT", "/v1/catalog", "200", "ETag", VersionTag),
        ("PUT", "/v1/catalog", "412", "ETag", LiveTag),
        ("PUT", "/v1/catalog", "428", "ETag", LiveTag),
        ("POST", "/v1/catalog/rollback", "200", "ETag", VersionTag),
        ("POST", "/v1/catalog/rollback", "412", "ETag", LiveTag),
        ("POST", "/v1/catalog/rollback", "428", "ETag", LiveTag),
        ("POST", "/v1/catalog/drafts/{name}/publish", "200", "ETag", VersionTag),
        ("POST", "/v1/catalog/drafts/{name}/publish", "412", "ETag", LiveTag),
        ("GET", "/v1/catalog/drafts/{name}", "200", "ETag", DraftTag),
        ("PUT", "/v1/catalog/drafts/{name}", "200", "ETag", DraftTag),
        ("PUT", "/v1/catalog/drafts/{name}", "412", "ETag", DraftTag),
        ("POST", "/v1/reach", "202", "Location", "Where the count is read."),
    ];

    public static void AddGatewayDocument(this IServiceCollection services) => services.AddOpenApi("v1", document =>
    {
        document.AddDocumentTransformer((api, context, _) =>
        {
            api.Info = new OpenApiInfo
            {
                Title = "PmOrleans",
                Version = "v1",
                Description = "Decides in real time, and for each single customer, what to show next, and learns from what happens.",
            };
            // Paths begin with a slash: a client that puts the two together would ask for //v1.
            foreach (var server in api.Servers ?? [])
            {
                server.Url = server.Url?.TrimEnd('/');
            }

            if (KeysAsked(context.ApplicationServices))
            {
                api.AddComponent(KeyScheme, new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A key that the operator of this process has made." });
            }

            return Task.CompletedTask;
        });
        document.AddSchemaTransformer((schema, context, _) =>
        {
            OnlyWhatIsAlwaysThere(schema, context.JsonTypeInfo);
            OpenBag(schema, context.JsonTypeInfo.Type);
            return Task.CompletedTask;
        });
        document.AddOperationTransformer((operation, context, _) =>
        {
            Complete(operation, context.Description.HttpMethod ?? "", "/" + context.Description.RelativePath);
            foreach (var known in context.Description.ActionDescriptor.EndpointMetadata.OfType<QueryParameters>().SelectMany(query => query.Known))
            {
                Add(operation, known.Name, known.Description, SchemaOf(known));
            }

            if (KeysAsked(context.ApplicationServices))
            {
                NameScope(operation, context);
            }

            return Task.CompletedTask;
        });
    });

    private static bool KeysAsked(IServiceProvider services) => services.GetRequiredService<GatewayOptions>().KeyFile is not null;

    /// <summary>Which scope a key needs for the call, and what who has none is answered.</summary>
    private static void NameScope(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<IAuthorizeData>().FirstOrDefault()?.Policy is not { } scope)
        {
            return;
        }

        operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(KeyScheme, context.Document)] = [scope] }];
        foreach (var refusal in (Problem[])[Problem.Unauthorized, Problem.Forbidden])
        {
            AddRefusal(operation, refusal);
            AddAnswerHeader(operation, refusal.Status.ToString(CultureInfo.InvariantCulture), "WWW-Authenticate", "What is wrong with the key, or which scope it lacks.", new OpenApiSchema { Type = JsonSchemaType.String });
        }
    }

    private static void Complete(OpenApiOperation operation, string method, string path)
    {
        AddPathParameters(operation, path);
        AddEdgeRefusals(operation, method, path);
        switch (method, path)
        {
            case ("POST", "/v1/touchpoints"):
                AllowBatch(operation);
                break;

            case ("GET", "/v1/catalog"):
                AddHeader(operation, "If-None-Match", "ETag of the version that is known already: 304 while it is live.");
                break;

            case ("PUT", "/v1/catalog"):
                AddHeader(operation, "If-Match", "ETag of the version the change is based on, or *. Needed when a catalog is live.");
                break;

            case ("POST", "/v1/catalog/rollback"):
                AddHeader(operation, "If-Match", "ETag of the version that is to be live, or *. Needed when a catalog is live.");
                break;

            case ("PUT", "/v1/catalog/drafts/{name}"):
                AddHeader(operation, "If-Match", "ETag of the draft the change is based on, or *, which is as if left out.");
                break;

            case ("POST", "/v1/catalog/drafts/{name}/publish"):
                AddHeader(operation, "If-Match", "ETag of the version that is to be live, or *; the one the draft is based on when left out.");
                break;

            default:
                break;
        }

        foreach (var header in AnswerHeaders.Where(header => header.Method == method && header.Path == path))
        {
            AddAnswerHeader(operation, header.Status, header.Name, header.Description, new OpenApiSchema { Type = JsonSchemaType.String });
        }

        AddAnswerHeader(operation, "503", "Retry-After", "Whole seconds to wait, at least 1.", new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1" });
    }

    private static void AddAnswerHeader(OpenApiOperation operation, string status, string name, string description, OpenApiSchema schema)
    {
        if (operation.Responses?.TryGetValue(status, out var found) == true && found is OpenApiResponse answer)
        {
            answer.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal);
            answer.Headers[name] = new OpenApiHeader { Description = description, Schema = schema };
        }
    }

    /// <summary>Members that may be null are left out when they are, so they are not required, but for those written even then.</summary>
    private static void OnlyWhatIsAlwaysThere(OpenApiSchema schema, JsonTypeInfo type)
    {
        foreach (var member in type.Properties)
        {
            var always = member.AttributeProvider?.GetCustomAttributes(typeof(JsonIgnoreAttribute), inherit: true)
                .OfType<JsonIgnoreAttribute>().Any(ignore => ignore.Condition == JsonIgnoreCondition.Never) == true;
            if (member.IsGetNullable && !always)
            {
                schema.Required?.Remove(member.Name);
            }
        }
    }

    /// <summary>Says that names are the caller's own, where generators otherwise take an object without members for one that has none.</summary>
    private static void OpenBag(OpenApiSchema schema, Type type)
    {
        if (type == typeof(JsonObject) || type == typeof(IReadOnlyDictionary<string, JsonElement>))
        {
            schema.AdditionalProperties = new OpenApiSchema();
        }
    }

    private static void AllowBatch(OpenApiOperation operation)
    {
        if (operation.RequestBody?.Content?.TryGetValue(ContentTypes.Json, out var media) == true && media.Schema is { } one)
        {
            media.Schema = new OpenApiSchema { OneOf = [one, new OpenApiSchema { Type = JsonSchemaType.Array, Items = one, MaxItems = TouchpointLimits.Batch }] };
        }
    }

    /// <summary>Ids are read from the request line, so no endpoint declares them.</summary>
    private static void AddPathParameters(OpenApiOperation operation, string path)
    {
        var declared = (operation.Parameters ?? []).OfType<OpenApiParameter>().ToArray();
        foreach (var parameter in declared)
        {
            parameter.Description ??= "A name or a number, as it was answered.";
        }

        if (path.Contains("{id}", StringComparison.Ordinal) && !declared.Any(parameter => parameter.Name == "id"))
        {
            Add(operation, "id", "An id: case-sensitive, percent-encoded.", new OpenApiSchema { Type = JsonSchemaType.String }, ParameterLocation.Path);
        }
    }

    /// <summary>What <see cref="EdgeMiddleware"/> refuses before any endpoint is asked: a name that is not this process's and a compressed body anywhere, what another site's page sends unasked; and <see cref="QueryCheck"/>: what is not known behind the question mark.</summary>
    private static void AddEdgeRefusals(OpenApiOperation operation, string method, string path)
    {
        AddRefusal(operation, Problem.WrongHost);
        AddRefusal(operation, Problem.UnsupportedMedia);
        if (path.StartsWith("/v1/", StringComparison.Ordinal))
        {
            AddRefusal(operation, Problem.Invalid);
        }

        if (method == "POST")
        {
            AddRefusal(operation, Problem.OtherSite);
        }
    }

    private static void AddRefusal(OpenApiOperation operation, Problem problem) =>
        operation.Responses![problem.Status.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponse
        {
            Description = problem.Title,
            Content = operation.Responses["500"].Content is { } content ? new Dictionary<string, OpenApiMediaType>(content, StringComparer.Ordinal) : null,
        };

    private static OpenApiSchema SchemaOf(QueryParameter known) =>
        known.Range is var (least, most)
            ? new OpenApiSchema
            {
                Type = JsonSchemaType.Integer,
                Format = most > int.MaxValue ? "int64" : "int32",
                Minimum = least.ToString(CultureInfo.InvariantCulture),
                Maximum = most < long.MaxValue ? most.ToString(CultureInfo.InvariantCulture) : null,
            }
            : new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = known.MostCharacters, Enum = known.Words?.Select(word => (JsonNode)JsonValue.Create(word)!).ToList() };

    private static void AddHeader(OpenApiOperation operation, string name, string description) =>
        Add(operation, name, description, new OpenApiSchema { Type = JsonSchemaType.String }, ParameterLocation.Header);

    private static void Add(OpenApiOperation operation, string name, string description, OpenApiSchema schema, ParameterLocation place = ParameterLocation.Query)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter { Name = name, In = place, Required = place == ParameterLocation.Path, Description = description, Schema = schema });
    }
}
