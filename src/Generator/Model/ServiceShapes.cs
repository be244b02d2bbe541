namespace ButlerRpc.Generator.Model;

/// <summary>The shapes of a service's methods. Apart from <see cref="ServiceModel"/>: a member that is added to a message changes these and nothing else of the service.</summary>
sealed record ServiceShapes(TypeName Type, EquatableArray<MethodShapeModel> Methods);

/// <summary>The contract lines of one method and of all that it carries.</summary>
/// <param name="Identifier">The name of its descriptor.</param>
/// <param name="Lines">The method's own lines, then those of its types in ordinal order.</param>
sealed record MethodShapeModel(string Identifier, EquatableArray<string> Lines);

/// <summary>What is read of one service.</summary>
sealed record ServiceReading(ServiceModel Service, ServiceShapes Shapes);
