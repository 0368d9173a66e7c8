namespace PmOrleans.GrainInterfaces.Streams;

/// <summary>Takes what the stream <see cref="StreamNames.Touchpoints"/> brings under one key. Nobody calls it.</summary>
[Alias("PmOrleans.TouchpointConsumer")]
public interface ITouchpointConsumerGrain : IGrainWithGuidKey;
