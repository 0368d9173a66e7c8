namespace PmOrleans.Gateway.Http;

/// <summary>Endpoint metadata: what the call takes. An endpoint of the API without it takes nothing.</summary>
internal sealed record QueryParameters(IReadOnlyList<QueryParameter> Known)
{
    public static IReadOnlyList<QueryParameter> Of(EndpointMetadataCollection metadata) => metadata.GetMetadata<QueryParameters>()?.Known ?? [];
}
